"""Puts Python's ftplib through its paces and reports as JSON lines.

Parameters: host, port, mode (pasv, epsv, port, eprt), folder of the client.
Each line is [name, value]; a failure is a line ["failed", name, message] and
exit status 1.
"""

import ftplib
import hashlib
import io
import json
import os
import socket
import sys

host, port, mode, folder = sys.argv[1], int(sys.argv[2]), *sys.argv[3:5]


class Client(ftplib.FTP):
    """ftplib asks for EPSV and EPRT on IPv6 only; they are wanted here."""

    def makepasv(self):
        if mode == "epsv":
            reply = self.sendcmd("EPSV")
            return ftplib.parse229(reply, self.sock.getpeername())
        return super().makepasv()

    def makeport(self):
        if mode != "eprt":
            return super().makeport()
        listener = socket.create_server((host, 0), backlog=1)
        self.sendeprt(host, listener.getsockname()[1])
        listener.settimeout(self.timeout)
        return listener


def connect(encoding="utf-8"):
    ftp = Client(timeout=5, encoding=encoding)
    ftp.connect(host, port)
    ftp.login("user", "pass")
    ftp.set_pasv(mode in ("pasv", "epsv"))
    return ftp


def digest(data):
    return hashlib.sha256(data).hexdigest()


def fetch(ftp, name, **options):
    data = io.BytesIO()
    ftp.retrbinary("RETR " + name, data.write, **options)
    return data.getvalue()


with open(os.path.join(folder, "big.bin"), "rb") as file:
    big = file.read()


def check_listings(ftp):
    lines = []
    ftp.dir(lines.append)
    assert any(line.endswith(" big.bin") for line in lines), lines
    assert any(line.startswith("d") for line in lines), lines
    names = [name.rpartition("/")[2] for name in ftp.nlst("sub")]
    assert names == ["inner.txt"], names
    facts = dict(ftp.mlsd("", facts=["type", "size"]))
    assert facts["big.bin"]["size"] == str(len(big)), facts
    assert facts["sub"]["type"] == "dir", facts
    assert ftp.nlst("empty") == []


def check_many(ftp):
    assert len(ftp.nlst("many")) == 10000
    assert len(list(ftp.mlsd("many"))) == 10000
    lines = []
    ftp.dir("many", lines.append)
    assert len(lines) == 10000


def check_download(ftp):
    assert fetch(ftp, "big.bin") == big
    assert fetch(ftp, "big.bin", rest=54321) == big[54321:]
    assert fetch(ftp, "big.bin", rest=len(big)) == b""
    lines = []
    ftp.retrlines("RETR text.txt", lines.append)
    assert lines == ["one", "two", "three"], lines


def check_upload(ftp):
    name = "up-" + mode
    reply = ftp.storbinary("STOR " + name, io.BytesIO(big))
    assert reply.startswith("226"), reply
    assert ftp.size(name) == len(big)
    assert fetch(ftp, name) == big
    ftp.storbinary("APPE " + name, io.BytesIO(b"tail"))
    assert fetch(ftp, name, rest=len(big)) == b"tail"
    ftp.storbinary("STOR " + name, io.BytesIO(b"xyz"), rest=3)
    assert fetch(ftp, name)[:8] == big[:3] + b"xyz" + big[6:8]
    ftp.storlines("STOR " + name, io.BytesIO(b"a\nb\r\nc"))
    assert fetch(ftp, name) == b"a\nb\nc\n"
    ftp.storbinary("STOR " + name, io.BytesIO(b""))
    assert fetch(ftp, name) == b""
    ftp.delete(name)


def check_folders(ftp):
    assert ftp.mkd("made " + mode) == "/made " + mode
    ftp.cwd("made " + mode)
    assert ftp.pwd() == "/made " + mode
    quoted = 'a "quoted" name'
    assert ftp.mkd(quoted) == "/made %s/%s" % (mode, quoted)
    ftp.storbinary("STOR a", io.BytesIO(b"x"))
    ftp.rename("a", quoted + "/b")
    assert ftp.size(quoted + "/b") == 1
    ftp.delete(quoted + "/b")
    ftp.rmd(quoted)
    ftp.cwd("..")
    assert ftp.pwd() == "/"
    ftp.rmd("made " + mode)
    assert ftp.sendcmd("SITE CHMOD 600 text.txt").startswith("200")
    assert ftp.sendcmd("MDTM text.txt").startswith("213 20")


def check_unicode(ftp):
    name = "gr\u00fc\u00df-\u20ac-" + mode
    ftp.storbinary("STOR " + name, io.BytesIO(b"utf-8"))
    assert name in ftp.nlst()
    assert fetch(ftp, name) == b"utf-8"
    ftp.delete(name)


def check_raw_names(ftp):
    ftp = connect("latin-1")
    names = [name.rpartition("/")[2] for name in ftp.nlst("odd")]
    assert "gr\xfc\xdf.txt" in names, names
    assert fetch(ftp, "odd/gr\xfc\xdf.txt") == b"Latin-1"
    assert fetch(ftp, "odd/\x80\xc3(\xf0\x9f.txt") == b"stray bytes"
    ftp.rename("odd/gr\xfc\xdf.txt", "odd/\xff")
    assert "odd/\xff".rpartition("/")[2] in [
        name.rpartition("/")[2] for name in ftp.nlst("odd")
    ]
    ftp.rename("odd/\xff", "odd/gr\xfc\xdf.txt")
    ftp.quit()


def check_abort(ftp):
    """ABOR in the stream; ftplib's own goes as urgent data, see below."""
    data = ftp.transfercmd("RETR big.bin")
    data.recv(10)
    ftp.putcmd("ABOR")
    data.close()
    replies = [ftp.getmultiline()]
    while not replies[-1].startswith("2"):
        replies.append(ftp.getmultiline())
    assert replies[-1][:3] in ("225", "226"), replies
    # A download that was over already says so before the answer to ABOR.
    ftp.putcmd("SYST")
    while not replies[-1].startswith("215"):
        replies.append(ftp.getmultiline())
    assert fetch(ftp, "big.bin") == big


def check_urgent_abort(ftp):
    """ftplib sends ABOR as urgent data: its last byte may not arrive."""
    data = ftp.transfercmd("RETR big.bin")
    data.recv(10)
    reply = ftp.abort()
    data.close()
    assert reply[:3] in ("225", "226", "426"), reply


def check_errors(ftp):
    for line, expected in [
        ("RETR nope", "550"),
        ("CWD nope", "550"),
        ("DELE sub", "550"),
        ("NOSUCH", "500"),
        ("SIZE", "501"),
        ("RNTO x", "503"),
    ]:
        try:
            ftp.sendcmd(line)
        except ftplib.error_perm as error:
            assert str(error).startswith(expected), (line, error)
        else:
            raise AssertionError(line + " was taken")
    try:
        wrong = Client(timeout=5)
        wrong.connect(host, port)
        wrong.login("user", "wrong")
    except ftplib.error_perm as error:
        assert str(error).startswith("530"), error
    else:
        raise AssertionError("the wrong password was taken")


CHECKS = {
    "lists by LIST, NLST and MLSD": check_listings,
    "lists a folder of 10,000 files": check_many,
    "downloads, also from an offset": check_download,
    "uploads, appends, resumes, in ASCII too": check_upload,
    "makes, renames and removes": check_folders,
    "moves names in UTF-8": check_unicode,
    "moves names that are no UTF-8": check_raw_names,
    "aborts a download": check_abort,
    "aborts a download by urgent data": check_urgent_abort,
    "takes errors for what they are": check_errors,
}

for name in sys.argv[5:]:
    ftp = connect()
    try:
        CHECKS[name](ftp)
    except Exception as error:
        print(json.dumps(["failed", name, repr(error)]), flush=True)
        sys.exit(1)
    finally:
        ftp.close()
    print(json.dumps(["passed", name]), flush=True)

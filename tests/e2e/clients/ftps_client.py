"""Moves a file up and down by FTPS again and again.

Parameters: port, `explicit` or `implicit`, `1.2` or `1.3`, `passive` or
`active`, `reuse` or `fresh` (whether data connections resume the session of
the control connection), how often, the file to send. Prints how many
transfers went well."""
import ftplib
import io
import socket
import ssl
import sys

port, way, version, mode, sessions, count, path = sys.argv[1:8]


class Client(ftplib.FTP_TLS):
    def connect(self, host, port):
        if way == "explicit":
            return super().connect(host, port)
        self.host, self.port = host, port
        raw = socket.create_connection((host, port), 20)
        self.af = raw.family
        self.sock = self.context.wrap_socket(raw, server_hostname=host)
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()
        return self.welcome

    def ntransfercmd(self, cmd, rest=None):
        made, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        session = self.sock.session if sessions == "reuse" else None
        made = self.context.wrap_socket(
            made, server_hostname=self.host, session=session
        )
        assert made.session_reused == (sessions == "reuse"), sessions
        return made, size


with open(path, "rb") as source:
    content = source.read()
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
context.minimum_version = context.maximum_version = {
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}[version]
client = Client(context=context, timeout=20)
client.connect("127.0.0.1", int(port))
client.login("user", "pass", secure=way == "explicit")
client.prot_p()
client.set_pasv(mode == "passive")
done = 0
for turn in range(int(count)):
    name = f"python-{way}-{version}-{mode}-{sessions}.bin"
    client.storbinary("STOR " + name, io.BytesIO(content))
    back = io.BytesIO()
    client.retrbinary("RETR " + name, back.write)
    assert back.getvalue() == content, turn
    assert name in client.nlst()
    done += 3
client.quit()
print(done)

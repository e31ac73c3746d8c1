"""A TLS client that does one thing at a time, and all that is forbidden.

Standard input: JSON lines, each a list of a name and arguments; standard
output: one JSON line for each, the result. See tls_peer.ts.
"""

import hashlib
import json
import select
import socket
import ssl
import struct
import sys
import tempfile

TIMEOUT_SECONDS = 10
PIECE_BYTES = 1 << 18
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class Peer:
    def __init__(self):
        self.socket = None
        self.listener = None
        self.session = None
        self.tls = None
        self.context({})

    def context(self, options):
        """New context, no session. version, alpn, ciphers, cert, key."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        if "version" in options:
            made.minimum_version = VERSIONS[options["version"]]
            made.maximum_version = VERSIONS[options["version"]]
        if "alpn" in options:
            made.set_alpn_protocols(options["alpn"])
        if "ciphers" in options:
            made.set_ciphers(options["ciphers"])
        if "cert" in options:
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                file.write(options["key"] + options["cert"])
                file.flush()
                made.load_cert_chain(file.name)
        self.made = made
        self.session = None

    def listen(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        return self.listener.getsockname()[1]

    def accept(self):
        self._begin(self.listener.accept()[0])

    def connect(self, port):
        self._begin(socket.create_connection(("127.0.0.1", port)))

    def _begin(self, opened):
        self.socket = opened
        self.socket.settimeout(TIMEOUT_SECONDS)
        self.tls = None
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()

    def _start(self, options):
        self.tls = self.made.wrap_bio(
            self.incoming,
            self.outgoing,
            server_hostname=options.get("serverName", "localhost"),
            session=self.session if options.get("resume") else None,
        )

    def _flush(self):
        pending = self.outgoing.read()
        if pending:
            self.socket.sendall(pending)

    def _pump(self, step):
        """Repeats `step` until it has what it wants from the network."""
        while True:
            try:
                result = step()
                self._flush()
                return result
            except ssl.SSLWantReadError:
                self._flush()
                self._acknowledge()
                piece = self.socket.recv(PIECE_BYTES)
                if piece:
                    self.incoming.write(piece)
                else:
                    self.incoming.write_eof()

    def _acknowledge(self):
        """Acknowledges at once what has come. Two small writes in a row, as of
        tickets and data, else wait 40 ms for each other. Not on every system,
        and not for long: the kernel goes back by itself."""
        if hasattr(socket, "TCP_QUICKACK"):
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def hello(self, length=None):
        """Sends a ClientHello, or so many bytes of it, and waits for nothing."""
        self._start({})
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        self.socket.sendall(self.outgoing.read()[:length])

    def handshake(self, options={}):
        if self.tls is None:
            self._start(options)
        self._pump(self.tls.do_handshake)
        return {
            "version": self.tls.version(),
            "resumed": self.tls.session_reused,
            "alpn": self.tls.selected_alpn_protocol(),
            "cipher": self.tls.cipher()[0],
            "cert": hashlib.sha256(self.tls.getpeercert(True)).hexdigest(),
        }

    def handshakeAnd(self, name, *arguments):
        """What follows the handshake goes out in one segment with its end."""
        self._start({})
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._flush()
                self.incoming.write(self.socket.recv(PIECE_BYTES))
        getattr(self, name)(*arguments)

    def intrude(self):
        """A handshake and a read, whatever comes; keeps a session if any."""
        self._start({"resume": True})
        try:
            self._pump(self.tls.do_handshake)
            self._pump(lambda: self.tls.read(1))
        except (ssl.SSLError, OSError):
            pass
        session = self.tls.session
        if session is not None and session.has_ticket:
            self.session = session
        return self.session is not None

    def raw(self, text):
        self.socket.sendall(text.encode("latin-1"))

    def send(self, text):
        self.tls.write(text.encode())
        self._flush()

    def notifyAfter(self, text):
        """Data and close_notify in one segment."""
        self.tls.write(text.encode())
        self.notify()

    def half(self, text):
        """Half of the record that holds `text`."""
        self.tls.write(text.encode())
        record = self.outgoing.read()
        self.socket.sendall(record[: len(record) // 2])

    def spoil(self, text):
        """A record that somebody has changed on its way."""
        self.tls.write(text.encode())
        record = bytearray(self.outgoing.read())
        record[-1] ^= 1
        self.socket.sendall(record)

    def sendBytes(self, length):
        data = hashlib.shake_128(b"anyftpd").digest(length)
        for at in range(0, length, PIECE_BYTES):
            self.tls.write(data[at : at + PIECE_BYTES])
            self._flush()
        return hashlib.sha256(data).hexdigest()

    def receive(self, length):
        text = b""
        while len(text) < length:
            piece = self._pump(lambda: self.tls.read(length - len(text)))
            if not piece:
                return text.decode() + "(end)"
            text += piece
        self.session = self.tls.session
        return text.decode()

    def ticket(self):
        """A name for the session that would be resumed next."""
        return self.session.id.hex()

    def receiveBytes(self):
        """Up to close_notify: length and SHA-256."""
        length, digest = 0, hashlib.sha256()
        while True:
            try:
                piece = self._pump(lambda: self.tls.read(PIECE_BYTES))
            except ssl.SSLZeroReturnError:
                piece = b""
            if not piece:
                return {"length": length, "sha256": digest.hexdigest()}
            length += len(piece)
            digest.update(piece)

    def end(self):
        """How the other side ends: FIN comes after close_notify, or alone."""
        try:
            piece = self._pump(lambda: self.tls.read(PIECE_BYTES))
            if piece:
                return "data: " + piece.decode()
        except ssl.SSLZeroReturnError:
            pass
        except ssl.SSLEOFError:
            return "truncated"
        if self.incoming.eof:
            return "truncated"
        return "close_notify, " + ("FIN" if not self.socket.recv(1) else "more")

    def rawEnd(self):
        """Reads what comes below TLS: how many bytes, up to FIN."""
        length = 0
        while piece := self.socket.recv(PIECE_BYTES):
            length += len(piece)
        return length

    def notify(self):
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self._flush()

    def unwrap(self):
        """close_notify, and waits for that of the other side, as ftplib. TLS
        may begin again after that."""
        self._pump(self.tls.unwrap)
        self.tls = None

    def finAfter(self, text):
        self.send(text)
        self.fin()

    def notifyAndRaw(self, text):
        """close_notify and clear text in one segment."""
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self.socket.sendall(self.outgoing.read() + text.encode())

    def waitForNotify(self):
        try:
            piece = self._pump(lambda: self.tls.read(1))
            return "data" if piece else "close_notify"
        except ssl.SSLZeroReturnError:
            return "close_notify"

    def rawReceive(self, length):
        text = self.incoming.read()
        while len(text) < length:
            piece = self.socket.recv(length - len(text))
            if not piece:
                return text.decode() + "(end)"
            text += piece
        return text.decode()

    def notifyAndClose(self):
        self.notify()
        self.close()

    def fin(self):
        self._flush()
        self.socket.shutdown(socket.SHUT_WR)

    def fresh(self):
        """As at the start, for another test."""
        for opened in (self.socket, self.listener):
            if opened is not None:
                opened.close()
        self.socket = self.listener = None
        self.context({})

    def reset(self):
        linger = struct.pack("ii", 1, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.socket.close()

    def close(self):
        self.socket.close()

    def quiet(self, seconds):
        """Whether nothing comes for a while."""
        return not select.select([self.socket], [], [], seconds)[0]


peer = Peer()
for line in sys.stdin:
    name, *arguments = json.loads(line)
    try:
        result = getattr(peer, name)(*arguments)
    except ssl.SSLZeroReturnError:
        result = "error: close_notify"
    except ssl.SSLEOFError:
        result = "error: truncated"
    except ssl.SSLError as error:
        result = "error: " + (error.reason or str(error))
    except ConnectionError:
        result = "error: reset"
    except TimeoutError:
        result = "error: timeout"
    print(json.dumps(result), flush=True)

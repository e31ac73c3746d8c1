"""Fetches a file over a link-local address, passive and active, and prints its
contents after each. EPRT has no place for a zone (RFC 2428), so none is sent.

Parameters: the address with its zone, the port, the name of the file."""
import ftplib
import socket
import sys

host, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def endpoint(port):
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4]


def read_all(connection):
    pieces = []
    while piece := connection.recv(4096):
        pieces.append(piece)
    connection.close()
    return b"".join(pieces).decode()


client = ftplib.FTP(timeout=10)
client.af = socket.AF_INET6
client.connect(host, port)
client.login()
client.sendcmd("TYPE I")

_, passive_port = ftplib.parse229(client.sendcmd("EPSV"), ("::", 0))
data = socket.socket(socket.AF_INET6)
data.connect(endpoint(passive_port))
client.sendcmd("RETR " + name)
print(read_all(data))
client.voidresp()

listening = socket.socket(socket.AF_INET6)
listening.settimeout(10)
listening.bind(endpoint(0))
listening.listen(1)
active_port = listening.getsockname()[1]
client.sendcmd("EPRT |2|%s|%d|" % (host.split("%")[0], active_port))
client.sendcmd("RETR " + name)
print(read_all(listening.accept()[0]))
client.voidresp()
client.quit()

"""Opens a listening socket, says its port, and becomes the program given with
the socket as descriptor 3: what systemd does for its services."""
import os
import socket
import sys

listening = socket.socket()
listening.bind(("127.0.0.1", 0))
listening.listen(10)
print(listening.getsockname()[1], flush=True)
if listening.fileno() != 3:
    os.dup2(listening.fileno(), 3)
os.set_inheritable(3, True)
os.execvp(sys.argv[1], sys.argv[1:])

"""Stands in for systemd: opens sockets, starts the program given with them
from descriptor 3 on, and prints what the program notifies, one JSON text per
line: first {"port": ...} or {"path": ...} of each socket.

Parameters: the address of the notification socket (a path, or @ and a name),
the names of the sockets with commas between them (one that begins with / is a
Unix socket), the watchdog's microseconds, the program and its parameters."""
import json
import os
import signal
import socket
import sys
import time

address, names, watchdog = sys.argv[1:4]
program = sys.argv[4:]

notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notified.bind("\0" + address[1:] if address.startswith("@") else address)


def say(**what):
    print(json.dumps(what), flush=True)


sockets = []
for name in filter(None, names.split(",")):
    if name.startswith("/"):
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(name)
        say(path=name)
    else:
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        say(port=listening.getsockname()[1])
    listening.listen(10)
    sockets.append(listening)

child = os.fork()
if child == 0:
    # Out of the way first: the numbers may be taken.
    high = [os.dup(each.fileno()) for each in sockets]
    for at, descriptor in enumerate(high):
        os.dup2(descriptor, 20 + at)
    for at in range(len(high)):
        os.dup2(20 + at, 3 + at)
        os.set_inheritable(3 + at, True)
        os.close(20 + at)
    os.environ["NOTIFY_SOCKET"] = address
    if watchdog != "0":
        os.environ["WATCHDOG_USEC"] = watchdog
        os.environ["WATCHDOG_PID"] = str(os.getpid())
    if sockets:
        os.environ["LISTEN_FDS"] = str(len(sockets))
        os.environ["LISTEN_PID"] = str(os.getpid())
        os.environ["LISTEN_FDNAMES"] = ":".join(
            "ftp" if name.startswith("/") else name
            for name in names.split(","))
    os.execvp(program[0], program)

for listening in sockets:
    listening.close()
say(pid=child)
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, _: os.kill(child, number))
notified.settimeout(0.1)
while True:
    try:
        state = notified.recv(4096).decode()
        say(state=state, microseconds=time.monotonic_ns() // 1000)
        continue
    except socket.timeout:
        pass
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        say(exit=os.waitstatus_to_exitcode(status))
        sys.exit(0)

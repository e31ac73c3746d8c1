"""Starts pyftpdlib as a stand-in and as the oracle.

The configuration is JSON in the first argument; requests are lines on
standard input (`memory`, `events`), answers are JSON lines on standard output.
The end of standard input stops the server.
"""

import json
import logging
import os
import sys
import threading

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import DTPHandler, FTPHandler, PassiveDTP
from pyftpdlib.log import config_logging
from pyftpdlib.servers import FTPServer

config = json.loads(sys.argv[1])
events = []
config_logging(level=logging.ERROR)


def say(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


class Handler(FTPHandler):
    def on_file_received(self, file):
        events.append({"type": "received", "path": file})

    def on_file_sent(self, file):
        events.append({"type": "sent", "path": file})

    def on_incomplete_file_received(self, file):
        events.append({"type": "incomplete-received", "path": file})

    def on_incomplete_file_sent(self, file):
        events.append({"type": "incomplete-sent", "path": file})


authorizer = DummyAuthorizer()
for user in config["users"]:
    if user["username"] == "anonymous":
        authorizer.add_anonymous(user["directory"], perm=user["permissions"])
    else:
        authorizer.add_user(
            user["username"],
            user["password"],
            user["directory"],
            perm=user["permissions"],
        )
Handler.authorizer = authorizer
Handler.banner = config["banner"]
Handler.timeout = config["idleTimeoutMs"] / 1000
Handler.auth_failed_timeout = config["failedLoginDelayMs"] / 1000
Handler.max_login_attempts = config["maxLoginAttempts"]
if config["passivePorts"]:
    first, last = config["passivePorts"]
    Handler.passive_ports = range(first, last + 1)


class Data(DTPHandler):
    timeout = config["dataTimeoutMs"] / 1000


class Passive(PassiveDTP):
    timeout = config["passiveTimeoutMs"] / 1000


Handler.dtp_handler = Data
Handler.passive_dtp = Passive

server = FTPServer((config["hostname"], 0), Handler, backlog=512)
server.max_cons = 4096
hostname, port = server.address[:2]
say({"ready": {"hostname": hostname, "port": port, "pid": os.getpid()}})


def listen_to_parent():
    for line in sys.stdin:
        request = line.strip()
        if request == "memory":
            with open("/proc/self/status") as status:
                rows = dict(row.split(":", 1) for row in status)
            resident = int(rows["VmRSS"].split()[0]) * 1024
            say({"memory": {"rss": resident, "heapUsed": resident}})
        elif request == "events":
            say({"events": list(events)})
    os._exit(0)


threading.Thread(target=listen_to_parent, daemon=True).start()
server.serve_forever()

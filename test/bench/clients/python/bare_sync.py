"""A bare socket program: a blocking socket and the standard library's JSON, as one would write it without a client."""

import json
import os
import socket
import sys

from figures import print_one_at_a_time

request = json.loads(os.environ["LINE"])
agent = socket.socket(socket.AF_UNIX)
agent.connect(os.environ["SOCKET"])
answers = agent.makefile("rb")


def call() -> str:
    request["id"] += 1
    agent.sendall(json.dumps(request).encode() + b"\n")
    return str(json.loads(answers.readline())["result"]["secret"])


if call() == "":
    raise SystemExit("the secret is empty")
print_one_at_a_time(call, int(sys.argv[1]))

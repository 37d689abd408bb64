"""The lower bound: a blocking socket, a line that was encoded before, and nothing decoded."""

import os
import socket
import sys

from figures import print_one_at_a_time

request = os.environ["LINE"].encode() + b"\n"
agent = socket.socket(socket.AF_UNIX)
agent.connect(os.environ["SOCKET"])


def call() -> bytes:
    agent.sendall(request)
    answer = agent.recv(65536)
    while not answer.endswith(b"\n"):
        answer += agent.recv(65536)
    return answer


if b'"result"' not in call():
    raise SystemExit("the agent answered no result")
print_one_at_a_time(call, int(sys.argv[1]))

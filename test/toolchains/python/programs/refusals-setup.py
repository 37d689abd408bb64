"""Leaves a socket behind that nobody listens at."""

import socket
import sys

socket.socket(socket.AF_UNIX).bind(sys.argv[1])
print("bound")

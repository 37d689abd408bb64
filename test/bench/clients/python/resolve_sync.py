"""Resolves one reference through the synchronous client: once, or often."""

import os
import sys

from postern import DesktopAuth
from postern.sync import Client

reference = os.environ["REFERENCE"]
with Client.authenticate(DesktopAuth("Bench"), "bench", "1") as client:
    if sys.argv[1:] == ["open"]:
        raise SystemExit
    if client.secrets.resolve(reference) == "":
        raise SystemExit("the secret is empty")
    if len(sys.argv) > 1:
        from figures import print_one_at_a_time

        print_one_at_a_time(lambda: client.secrets.resolve(reference), int(sys.argv[1]))

"""Opens a client with a token through the synchronous client, and does no more."""

import os

from postern.sync import Client

with Client.authenticate(os.environ["TOKEN"], "bench", "1"):
    print("open")

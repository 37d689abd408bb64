"""Opens a client with a token where no agent may run, and prints a secret or the error."""

import asyncio
import os
import sys

import postern
import postern.sync

TOKEN, REFERENCE = os.environ["TOKEN"], os.environ["REFERENCE"]


async def work():
    async with await postern.Client.authenticate(TOKEN, "shop", "1") as client:
        return await client.secrets.resolve(REFERENCE)


def work_without_a_loop():
    with postern.sync.Client.authenticate(TOKEN, "shop", "1") as client:
        return client.secrets.resolve(REFERENCE)


try:
    print(work_without_a_loop() if sys.argv[1] == "threads" else asyncio.run(work()))
except postern.errors.AgentNotRunning as error:
    print(error)

"""Reads a secret three times at once, and prints it. Words: which client, the reference, and `listen` for
a listener of its own."""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import postern
import postern.sync
from postern import DesktopAuth

kind, reference, *listen = sys.argv[1:]
account = os.environ.get("ACCOUNT", "")
given = {"on_prompt": lambda _: print("heard", flush=True)} if listen else {}


def ask():
    with postern.sync.Client.authenticate(DesktopAuth(account), "shop", "1.0.0", **given) as client:
        with ThreadPoolExecutor(3) as pool:
            return list(pool.map(client.secrets.resolve, [reference] * 3))


async def ask_in_a_loop():
    async with await postern.Client.authenticate(DesktopAuth(account), "shop", "1.0.0", **given) as client:
        return await asyncio.gather(*(client.secrets.resolve(reference) for _ in range(3)))


print(*(ask() if kind == "threads" else asyncio.run(ask_in_a_loop())))

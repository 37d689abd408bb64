"""Opens a client and resolves one secret. Prints what each of both has loaded, beyond what no client can do without."""

import json
import socket
import sys
import threading
import weakref

NEEDED = [json, socket, threading, weakref]

kind, path = sys.argv[1:]
if kind == "asyncio":
    import asyncio
else:
    import select

    NEEDED.append(select)
known = set(sys.modules)


def show():
    print(json.dumps(sorted(set(sys.modules) - known)))


def blocking():
    from postern import DesktopAuth
    from postern.sync import Client

    with Client.authenticate(DesktopAuth(""), "shop", "1", socket=path) as client:
        show()
        client.secrets.resolve("op://a/b/c")
        show()


async def in_a_loop():
    from postern import Client, DesktopAuth

    async with await Client.authenticate(DesktopAuth(""), "shop", "1", socket=path) as client:
        show()
        await client.secrets.resolve("op://a/b/c")
        show()


if kind == "asyncio":
    asyncio.run(in_a_loop())
else:
    blocking()

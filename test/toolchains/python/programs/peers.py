"""Meets peers that behave badly, and an agent of a later version. Prints what the program learns."""

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import postern
import postern.sync
from postern import DesktopAuth

VAULT, ITEM = "abcdefghijklmnopqrstuvwxyz", "bcdefghijklmnopqrstuvwxyz2"


def told(call):
    try:
        return call()
    except (postern.errors.LocalError, postern.PosternError) as error:
        return f"{type(error).__name__}: {error}"


def call(client, method):
    return told(lambda: client.call(method, {}, timeout=20))


def ask(socket, auth, methods):
    """The outcome of each method, from both clients."""
    with postern.sync.Client.authenticate(auth, "shop", "1", socket=socket) as client:
        print(json.dumps([call(client, method) for method in methods]))

    async def work():
        async with await postern.Client.authenticate(auth, "shop", "1", socket=socket) as client:
            for method in methods:
                try:
                    yield await client.call(method, {}, timeout=20)
                except (postern.errors.LocalError, postern.PosternError) as error:
                    yield f"{type(error).__name__}: {error}"

    async def outcomes():
        return [one async for one in work()]

    print(json.dumps(asyncio.run(outcomes())))


def later(socket):
    """Words and fields of a later agent are kept, and go back as they came."""
    with postern.sync.Client.authenticate(DesktopAuth(""), "shop", "1", socket=socket) as client:
        item = client.items.get(VAULT, ITEM)
        print(item.title, item.category.value, item.fields[0].field_type.name)
        print(client.items.put(item).version)
        print([one.state.value for one in client.items.list(VAULT)])
        print([one.vault_type.value for one in client.vaults.list()])
        found = client.secrets.resolve_all(["op://a/b/c", "op://a/b/d"]).individual_responses
        print([one.error.type.value if one.error else one.content.secret for one in found.values()])


def leave(socket):
    """A thread that reads for another gives up. The other one still gets its answer."""
    with postern.sync.Client.authenticate(DesktopAuth(""), "shop", "1", socket=socket) as client:
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(told, lambda: client.call("items.list", {}, timeout=1))
            second = pool.submit(told, lambda: client.call("vaults.list", {}, timeout=20))
            print(json.dumps([first.result(), second.result()]))


def watch(socket):
    """What a loop over a watch is told, from both clients."""
    seen = []
    with postern.sync.Client.authenticate(DesktopAuth(""), "shop", "1", socket=socket) as client:
        try:
            for one in client.secrets.watch("op://a/b/c"):
                seen.append(one)
        except postern.errors.WatchEnded as error:
            seen.append(str(error))
    print(json.dumps(seen))

    async def work():
        seen = []
        async with await postern.Client.authenticate(
            DesktopAuth(""), "shop", "1", socket=socket
        ) as client:
            try:
                async for one in await client.secrets.watch("op://a/b/c"):
                    seen.append(one)
            except postern.errors.WatchEnded as error:
                seen.append(str(error))
        print(json.dumps(seen))

    asyncio.run(work())


def large(socket):
    """A long request, of which the agent reads a part."""
    title = "x" * 3_000_000
    with postern.sync.Client.authenticate(DesktopAuth(""), "shop", "1", socket=socket) as client:
        print(json.dumps([told(lambda: client.vaults.create(postern.VaultCreateParams(title=title)))]))

    async def work():
        async with await postern.Client.authenticate(
            DesktopAuth(""), "shop", "1", socket=socket
        ) as client:
            try:
                await client.vaults.create(postern.VaultCreateParams(title=title))
            except postern.errors.LocalError as error:
                print(json.dumps([f"{type(error).__name__}: {error}"]))

    asyncio.run(work())


def refused(socket):
    """Why neither client can be opened."""
    given = (DesktopAuth(""), "shop", "1")
    print(json.dumps(told(lambda: postern.sync.Client.authenticate(*given, socket=socket, timeout=20))))

    async def work():
        await postern.Client.authenticate(*given, socket=socket, timeout=20)

    print(json.dumps(told(lambda: asyncio.run(work()))))


kind, path, *rest = sys.argv[1:]
if kind == "later":
    later(path)
elif kind == "leave":
    leave(path)
elif kind == "watch":
    watch(path)
elif kind == "large":
    large(path)
elif kind == "refused":
    refused(path)
else:
    ask(path, DesktopAuth("") if kind == "desktop" else "postern_token", rest)

"""Resolves one reference through the named package: once, or often."""

import asyncio
import os
import sys
from importlib import import_module

package = import_module(sys.argv[1])
reference = os.environ["REFERENCE"]


async def main() -> None:
    auth = package.DesktopAuth("Bench")
    client = await package.Client.authenticate(auth, "bench", "1")
    if sys.argv[2:] == ["open"]:
        return
    if await client.secrets.resolve(reference) == "":
        raise SystemExit("the secret is empty")
    if len(sys.argv) > 2:
        from figures import print_all

        # The official package blocks the loop for each call, so its calls are never open at once.
        at_once = sys.argv[1] == "postern"
        await print_all(lambda: client.secrets.resolve(reference), int(sys.argv[2]), at_once)


asyncio.run(main())

"""Opens a client with a token through the named package, and does no more. Prints "open", or why it was refused."""

import asyncio
import os
import sys
from importlib import import_module

package = import_module(sys.argv[1])


async def main() -> None:
    try:
        await package.Client.authenticate(os.environ["TOKEN"], "bench", "1")
        print("open")
    except Exception as error:
        print(error)


asyncio.run(main())

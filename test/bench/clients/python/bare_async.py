"""A bare socket program for asyncio: a protocol and the standard library's JSON, as one would write it without a client."""

import asyncio
import json
import os
import sys
from typing import Any, Dict, cast

from figures import print_all

request = json.loads(os.environ["LINE"])


class Lines(asyncio.Protocol):
    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.waiting: Dict[int, "asyncio.Future[Any]"] = {}
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            answer = json.loads(line)
            self.waiting.pop(answer["id"]).set_result(answer["result"]["secret"])

    async def call(self) -> str:
        request["id"] += 1
        answer: "asyncio.Future[Any]" = self.loop.create_future()
        self.waiting[request["id"]] = answer
        self.transport.write(json.dumps(request).encode() + b"\n")
        return str(await answer)


async def main() -> None:
    loop = asyncio.get_running_loop()
    _, lines = await loop.create_unix_connection(Lines, os.environ["SOCKET"])
    if await lines.call() == "":
        raise SystemExit("the secret is empty")
    await print_all(lines.call, int(sys.argv[1]), True)


asyncio.run(main())

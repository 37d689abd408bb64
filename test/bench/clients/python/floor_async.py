"""The lower bound for asyncio: a protocol, a line that was encoded before, and nothing decoded."""

import asyncio
import os
import sys
from collections import deque
from typing import Deque, cast

from figures import print_all

request = os.environ["LINE"].encode() + b"\n"


class Lines(asyncio.Protocol):
    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.waiting: Deque["asyncio.Future[bytes]"] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        for _ in range(data.count(b"\n")):
            self.waiting.popleft().set_result(data)

    def call(self) -> "asyncio.Future[bytes]":
        answer: "asyncio.Future[bytes]" = self.loop.create_future()
        self.waiting.append(answer)
        self.transport.write(request)
        return answer


async def main() -> None:
    loop = asyncio.get_running_loop()
    _, lines = await loop.create_unix_connection(Lines, os.environ["SOCKET"])
    if b'"result"' not in await lines.call():
        raise SystemExit("the agent answered no result")
    await print_all(lines.call, int(sys.argv[1]), True)


asyncio.run(main())

"""A lock whose wait ends at a deadline, for the tasks of one event loop."""

from __future__ import annotations

import asyncio
from asyncio import sleep as pause
from collections import deque

from ._deadline import Deadline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Deque

__all__ = ["Turn", "pause"]


class Turn:
    """One task at a time. Those who wait get their turn in order."""

    def __init__(self) -> None:
        self._taken = False
        self._waiting: Deque["asyncio.Future[None]"] = deque()

    def until(self, deadline: Deadline) -> "_Taking":
        """Takes the turn for an ``async with``. Raises TimedOut at the deadline."""
        return _Taking(self, deadline)

    async def take(self, deadline: Deadline) -> None:
        left = deadline.remaining()
        if not self._taken:
            self._taken = True
            return
        loop = asyncio.get_running_loop()
        waiter: "asyncio.Future[None]" = loop.create_future()
        self._waiting.append(waiter)
        timer = None if left is None else loop.call_later(left, _fail, waiter, deadline)
        try:
            await waiter
        except BaseException:
            # A cancel may come after the turn was handed over.
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.give()
            elif waiter in self._waiting:
                self._waiting.remove(waiter)
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def give(self) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._taken = False


class _Taking:
    def __init__(self, turn: Turn, deadline: Deadline) -> None:
        self._turn = turn
        self._deadline = deadline

    async def __aenter__(self) -> None:
        await self._turn.take(self._deadline)

    async def __aexit__(self, *_: Any) -> None:
        self._turn.give()


def _fail(waiter: "asyncio.Future[None]", deadline: Deadline) -> None:
    if not waiter.done():
        waiter.set_exception(deadline.passed())

"""Prints what a call takes."""

import asyncio
import json
import time
from typing import Any, Awaitable, Callable, List, Optional

IN_FLIGHT = 64


def print_one_at_a_time(call: Callable[[], object], count: int) -> None:
    for _ in range(count):
        call()
    times: List[float] = []
    for _ in range(count):
        before = time.perf_counter()
        call()
        times.append((time.perf_counter() - before) * 1e6)
    _show(times, None)


async def print_all(call: Callable[[], Awaitable[Any]], count: int, at_once: bool) -> None:
    """With ``at_once`` also the rate of calls of which many are open."""
    for _ in range(count):
        await call()
    times: List[float] = []
    for _ in range(count):
        before = time.perf_counter()
        await call()
        times.append((time.perf_counter() - before) * 1e6)
    _show(times, await _rate(call, count) if at_once else None)


async def _rate(call: Callable[[], Awaitable[Any]], count: int) -> float:
    left = count

    async def caller() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await call()

    before = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
    return count / (time.perf_counter() - before)


def _show(times: List[float], per_second: Optional[float]) -> None:
    times.sort()
    at = {"p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100]}
    print(json.dumps(at if per_second is None else {**at, "perSecond": per_second}))

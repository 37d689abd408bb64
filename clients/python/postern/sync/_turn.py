"""A lock whose wait ends at a deadline, for threads."""

from __future__ import annotations

import threading
from time import sleep as pause

from .._deadline import Deadline

__all__ = ["Turn", "pause"]


class Turn:
    """One thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def until(self, deadline: Deadline) -> "Turn":
        """Takes the turn for a ``with``. Raises TimedOut at the deadline."""
        left = deadline.remaining()
        if not self._lock.acquire(timeout=-1 if left is None else left):
            raise deadline.passed()
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._lock.release()

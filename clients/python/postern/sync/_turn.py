"""A lock whose wait ends at a deadline, for threads."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from time import sleep as pause
from typing import Iterator

from .._deadline import Deadline

__all__ = ["Turn", "pause"]


class Turn:
    """One thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def until(self, deadline: Deadline) -> Iterator[None]:
        """Takes the turn for a ``with``. Raises TimedOut at the deadline."""
        left = deadline.remaining()
        if not self._lock.acquire(timeout=-1 if left is None else left):
            raise deadline.passed()
        try:
            yield
        finally:
            self._lock.release()

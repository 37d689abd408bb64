"""A moment by which a call must have its answer. All steps of the call share it."""

from __future__ import annotations

import time

from ._local_error import TimedOut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional


class Deadline:
    """Counts down from the moment it is made. Without a number of seconds it never ends."""

    __slots__ = ("_at", "_seconds")

    def __init__(self, seconds: Optional[float]) -> None:
        self._seconds = seconds
        self._at = None if seconds is None else time.monotonic() + seconds

    @property
    def is_endless(self) -> bool:
        """Whether it never ends."""
        return self._at is None

    def remaining(self) -> Optional[float]:
        """The seconds that are left. Raises TimedOut when none are."""
        if self._at is None:
            return None
        left = self._at - time.monotonic()
        if left <= 0:
            raise self.passed()
        return left

    def passed(self) -> TimedOut:
        """The error for the end of this deadline."""
        return TimedOut(0 if self._seconds is None else self._seconds)

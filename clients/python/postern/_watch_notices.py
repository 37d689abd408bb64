"""The agent's notices about watched secrets, by the id of the watch. A notice may be read before the
answer that brings the id has come to the call that waits for it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Mapping, Optional

# Watches without an owner that are remembered. The agent keeps as many watches of one program.
UNKNOWN_MAX = 100


def _nobody() -> None:
    pass


class Told:
    """What was told of a watch. Many changes in a row are one change."""

    __slots__ = ("id", "is_owned", "_changed", "ended", "wake", "forget")

    def __init__(self, watch: str, forget: Callable[[str], None]) -> None:
        self.id = watch
        self.forget = forget
        self.is_owned = False
        self._changed = False
        self.ended: Optional[str] = None
        # Called when something was told. One loop at a time waits for it.
        self.wake: Callable[[], None] = _nobody

    @property
    def is_due(self) -> bool:
        """Whether something was told that nobody has taken."""
        return self._changed or self.ended is not None

    def take_change(self) -> bool:
        """Whether there was a change since the last time."""
        changed, self._changed = self._changed, False
        return changed

    def hear(self, method: str, reason: str) -> None:
        if method == "secret.changed":
            self._changed = True
        else:
            self.ended = reason
        self.wake()


class WatchNotices:
    """All watches of a client. It has no lock, which a fork could find taken: each step is one step
    of the interpreter."""

    def __init__(self) -> None:
        self._told: Dict[str, Told] = {}

    def heard(self, method: str, params: Mapping[str, Any]) -> None:
        """Takes a notification of the agent. Those about other things are left alone."""
        if method not in ("secret.changed", "secret.ended"):
            return
        self._of(str(params.get("watch"))).hear(method, str(params.get("reason")))
        unknown = [one.id for one in list(self._told.values()) if not one.is_owned]
        if len(unknown) > UNKNOWN_MAX:
            self._forget(unknown[0])

    def own(self, watch: str) -> Told:
        """The notices of a watch, also those that came before."""
        told = self._of(watch)
        told.is_owned = True
        return told

    def _forget(self, watch: str) -> None:
        self._told.pop(watch, None)

    def _of(self, watch: str) -> Told:
        return self._told.setdefault(watch, Told(watch, self._forget))

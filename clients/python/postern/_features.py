"""What the agent announced in its hello. A parameter of another feature would be refused."""

from __future__ import annotations

from typing import Any, FrozenSet, Optional

from ._options import Options


def announced(hello: Any) -> FrozenSet[str]:
    """The names of the features."""
    told = hello.get("features") if isinstance(hello, dict) else None
    return frozenset(map(str, told)) if isinstance(told, list) else frozenset()


def wait_for_unlock(features: FrozenSet[str], options: Options) -> Optional[bool]:
    """Whether calls on a locked account wait. A token never does."""
    return True if options.token is None and "waitForUnlock" in features else None

"""A call of the agent by its own method names. The official names are built on it."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Protocol

from ._given import given as given


class Call(Protocol):
    """Calls a method of the agent. Raises TimedOut when ``timeout`` seconds pass without an answer."""

    async def __call__(
        self, method: str, params: Mapping[str, Any], *, timeout: Optional[float] = None
    ) -> Any:
        """The result of the method."""

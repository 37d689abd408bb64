"""A call of the agent by its own method names. The official names are built on it."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Protocol, Tuple

Requests = List[Tuple[str, Mapping[str, Any]]]
"""Methods, each with its parameters."""


class Call(Protocol):
    """Calls a method of the agent. Raises TimedOut when ``timeout`` seconds pass without an answer."""

    async def __call__(
        self, method: str, params: Mapping[str, Any], *, timeout: Optional[float] = None
    ) -> Any:
        """The result of the method."""


def given(params: Mapping[str, Any]) -> Dict[str, Any]:
    """The parameters without those that were left out."""
    return {name: value for name, value in params.items() if value is not None}

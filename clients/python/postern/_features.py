"""What the agent announced in its hello. An older agent refuses a parameter of another feature."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any



def announces(hello: Any, feature: str) -> bool:
    """Whether the hello names a feature. One that is not readable names none."""
    told = hello.get("features") if isinstance(hello, dict) else None
    return isinstance(told, list) and feature in told

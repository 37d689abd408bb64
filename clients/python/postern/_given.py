"""The parameters of a request."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Mapping


def given(params: Mapping[str, Any]) -> Dict[str, Any]:
    """The parameters without those that were left out."""
    return {name: value for name, value in params.items() if value is not None}

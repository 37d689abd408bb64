"""What a client was opened with."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Callable, Mapping, NamedTuple, Optional

Listener = Callable[[str, Mapping[str, Any]], None]


class PromptNotice(NamedTuple):
    """A person must approve. ``code`` is what both sides compare, and ``expires_at`` is in UTC."""

    code: str
    expires_at: datetime


class Options(NamedTuple):
    """Everything that a connection needs, so that it can be opened again."""

    token: Optional[str]
    account: str
    integration_name: str
    integration_version: str
    socket: Optional[str]
    on_prompt: Optional[Callable[[PromptNotice], None]]

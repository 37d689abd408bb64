"""What a client was opened with."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, List, Mapping, Optional, Tuple

    from ._prompt_notice import PromptNotice

    Listener = Callable[[str, Mapping[str, Any]], None]

    # Methods, each with its parameters.
    Requests = List[Tuple[str, Mapping[str, Any]]]


class Options:
    """Everything that a connection needs, so that it can be opened again."""

    __slots__ = (
        "token",
        "account",
        "integration_name",
        "integration_version",
        "socket",
        "on_prompt",
    )

    def __init__(
        self,
        token: Optional[str],
        account: str,
        integration_name: str,
        integration_version: str,
        socket: Optional[str],
        on_prompt: Optional[Callable[[PromptNotice], None]],
    ) -> None:
        self.token = token
        self.account = account
        self.integration_name = integration_name
        self.integration_version = integration_version
        self.socket = socket
        self.on_prompt = on_prompt

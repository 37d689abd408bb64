"""The root of all errors that the agent answers, and the two classes that official programs catch."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar, Optional


__all__ = ["DesktopSessionExpiredException", "PosternError", "RateLimitExceededException"]


class PosternError(Exception):
    """An error of the agent.

    ``error_name`` is the contract. ``hint`` names the next step where there is one. A traceback
    shows the hint too, from Python 3.11 on.
    """

    error_name: str = "internal"
    code: int = 0
    default_hint: ClassVar[Optional[str]] = None

    def __init__(
        self,
        message: str,
        *,
        error_name: Optional[str] = None,
        code: Optional[int] = None,
        hint: Optional[str] = None,
        incident: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint
        self.incident = incident
        if error_name is not None:
            self.error_name = error_name
        if code is not None:
            self.code = code
        add_note = getattr(self, "add_note", None)
        if self.hint is not None and add_note is not None:
            add_note(self.hint)


class DesktopSessionExpiredException(PosternError):
    """The session has ended, or was never open: what the official clients call so."""

    error_name = "locked"
    code = 1102


class RateLimitExceededException(PosternError):
    """The token of a service account has sent as many requests as it may."""

    error_name = "rateLimitExceeded"
    code = 1111

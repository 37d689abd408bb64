"""Errors on this side of the socket. They never travel on the wire."""

from __future__ import annotations

__all__ = [
    "AgentNotRunning",
    "ClientClosed",
    "ConnectionLost",
    "InvalidConfiguration",
    "LocalError",
    "TimedOut",
    "UntrustedSocket",
    "UnusablePath",
    "WatchEnded",
]


class LocalError(Exception):
    """What went wrong on this machine, and the next step."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message if hint == "" else f"{message}; {hint}")
        self.message = message
        self.hint = hint


class AgentNotRunning(LocalError, ConnectionError):
    """No agent answers at the socket's path."""

    def __init__(self, reason: str, hint: str = "start it with `postern agent start`") -> None:
        super().__init__(f"no agent is running: {reason}", hint)


class UntrustedSocket(LocalError):
    """The socket or its folder is not private, or cannot be checked. Nothing was sent."""

    def __init__(
        self,
        reason: str,
        hint: str = "another user may have put it there; remove it, and run `postern agent start`",
    ) -> None:
        super().__init__(f"the agent's socket is not trusted: {reason}", hint)


class UnusablePath(LocalError, ValueError):
    """A path that cannot be used. The message names the variable and the rule, never the value."""


class WatchEnded(LocalError):
    """A watch of a secret has ended in the agent.

    ``reason`` is ``locked``, ``grantEnded``, or a word of a later agent.
    """

    def __init__(self, reason: str) -> None:
        if reason == "locked":
            why, hint = "the account was locked", "run `postern unlock`, and watch again"
        else:
            why, hint = "its approval has ended", "watch again to ask for an approval"
        super().__init__(f"the watch has ended: {why}", hint)
        self.reason = reason


class ConnectionLost(LocalError, ConnectionError):
    """The connection ended before the answer came. A write may have been done or not."""

    def __init__(self, hint: str = "look whether it was done before you ask again") -> None:
        super().__init__("the connection to the agent ended before it answered", hint)


class TimedOut(LocalError, TimeoutError):
    """The caller's own deadline passed. The agent was told to stop the work."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"no answer within {seconds:g} s",
            "look with `postern status` whether the account is locked, and with `postern prompts`"
            " what waits",
        )
        self.seconds = seconds


class ClientClosed(LocalError):
    """``close()`` was called on the client."""

    def __init__(self) -> None:
        super().__init__("the client is closed")


class InvalidConfiguration(LocalError, ValueError):
    """``authenticate`` was given what cannot be used. Nothing was sent. The message is the official one."""

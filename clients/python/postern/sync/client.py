"""The client of the agent under the official names, for programs without asyncio."""

from __future__ import annotations

from .._configuration import demand_usable
from .._notice import Notices
from .._options import Options
from ..defaults import DesktopAuth
from ._link import Link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping, Optional, Union

    from .._options import Listener
    from .._prompt_notice import PromptNotice as PromptNotice
    from .agent import AgentMethods
    from .environments import Environments
    from .groups import Groups
    from .items import Items
    from .secrets import Secrets
    from .vaults import Vaults

__all__ = ["Client", "DesktopAuth", "PromptNotice"]

# The module and the class of each group of methods.
_GROUPS = {
    "secrets": "Secrets",
    "items": "Items",
    "vaults": "Vaults",
    "environments": "Environments",
    "groups": "Groups",
}


class Client:
    """An open client. Any number of threads may use it."""

    secrets: Secrets
    items: Items
    vaults: Vaults
    environments: Environments
    groups: Groups

    @classmethod
    def authenticate(
        cls,
        auth: Union[str, DesktopAuth],
        integration_name: str,
        integration_version: str,
        *,
        socket: Optional[str] = None,
        on_prompt: Optional[Callable[[PromptNotice], None]] = None,
        timeout: Optional[float] = None,
    ) -> "Client":
        """Open a client: with DesktopAuth, or with the token of a service account.

        With a token nobody is asked, and the client sees the token's vaults only. ``on_prompt`` is
        called when a person must approve. Without it the client says on stderr what to do, where
        that is a terminal. ``socket`` is the agent's socket, where it is another one
        than the agent's default.
        """
        demand_usable(auth, integration_name, integration_version)
        client = cls()
        token, account = (None, auth.account_name) if isinstance(auth, DesktopAuth) else (auth, "")
        options = Options(token, account, integration_name, integration_version, socket, on_prompt)
        client._notices = Notices(options)
        client._link = Link(options, client._notices)
        client._link.open(timeout)
        return client

    _notices: Notices
    _link: Link

    def call(
        self, method: str, params: Mapping[str, Any], *, timeout: Optional[float] = None
    ) -> Any:
        """Call any method of the agent by its own name. ``timeout`` is in seconds."""
        return self._link.call(method, params, timeout=timeout)

    @property
    def agent(self) -> AgentMethods:
        """Every method of the agent by its own name."""
        # Few programs use it, and to load it would slow the start of all others.
        from .agent import AgentMethods

        return AgentMethods(self.call)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Makes a group of methods at its first use, since its types take most of a start."""
            if name not in _GROUPS:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            from importlib import import_module

            kind = getattr(import_module(f".{name}", __package__), _GROUPS[name])
            more = [self._link.watch] if name == "secrets" else []
            # Of two threads that make it at once, both get the first.
            return self.__dict__.setdefault(name, kind(self.call, *more))

    def on_event(self, listener: Listener) -> None:
        """Call the listener with the events of the agent, in the thread of a call that waits."""
        self._notices.listeners.append(listener)

    def close(self) -> None:
        """End the connection. Pending calls fail with ClientClosed."""
        self._link.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name == "PromptNotice":
            from .._prompt_notice import PromptNotice

            return PromptNotice
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""The client of the agent under the official names, for asyncio."""

from __future__ import annotations

import asyncio

from ._configuration import demand_usable
from ._link import Link
from ._notice import Notices
from ._options import Options
from .defaults import DesktopAuth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Mapping, Optional, Union

    from ._deadline import Deadline
    from ._options import Listener
    from ._prompt_notice import PromptNotice as PromptNotice
    from ._watch import OpenWatch
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
    """An open client. Each event loop that uses it has a connection of its own."""

    secrets: Secrets
    items: Items
    vaults: Vaults
    environments: Environments
    groups: Groups

    @classmethod
    async def authenticate(
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
        client._options = Options(
            token, account, integration_name, integration_version, socket, on_prompt
        )
        client._notices = Notices(client._options)
        client._links = {}
        client._closed = False
        await client._link().open(timeout)
        return client

    _options: Options
    _notices: Notices
    _links: Dict[asyncio.AbstractEventLoop, Link]
    _closed: bool

    async def call(
        self, method: str, params: Mapping[str, Any], *, timeout: Optional[float] = None
    ) -> Any:
        """Call any method of the agent by its own name. ``timeout`` is in seconds."""
        return await self._link().call(method, params, timeout=timeout)

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
            more = [self._watch] if name == "secrets" else []
            # Of two threads that make it at once, both get the first.
            return self.__dict__.setdefault(name, kind(self.call, *more))

    async def _watch(self, reference: str, deadline: Deadline) -> OpenWatch:
        return await self._link().watch(reference, deadline)

    def on_event(self, listener: Listener) -> None:
        """Call the listener with the events of the agent that concern this client."""
        self._notices.listeners.append(listener)

    def close(self) -> None:
        """End the connection. Pending calls fail with ClientClosed."""
        self._closed = True
        for link in self._links.values():
            link.close()

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def _link(self) -> Link:
        loop = asyncio.get_running_loop()
        if loop not in self._links:
            # The loops of earlier `asyncio.run` are over, and so are their connections.
            for ended in [one for one in self._links if one.is_closed()]:
                self._links.pop(ended).begin_anew()
            self._links[loop] = Link(self._options, self._notices)
            if self._closed:
                self._links[loop].close()
        return self._links[loop]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name == "PromptNotice":
            from ._prompt_notice import PromptNotice

            return PromptNotice
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

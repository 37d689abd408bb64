"""The client of the agent under the official names, for programs without asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Mapping, Optional, Union

from .._configuration import demand_usable
from .._notice import Notices
from .._options import Listener, Options, PromptNotice
from ..defaults import DesktopAuth
from ._link import Link
from .environments import Environments
from .groups import Groups
from .items import Items
from .secrets import Secrets
from .vaults import Vaults

if TYPE_CHECKING:
    from .agent import AgentMethods

__all__ = ["Client", "DesktopAuth", "PromptNotice"]


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
        client.secrets = Secrets(client.call, client._link.watch)
        client.items = Items(client.call)
        client.vaults = Vaults(client.call)
        client.environments = Environments(client.call)
        client.groups = Groups(client.call)
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

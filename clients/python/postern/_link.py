"""The connection under a client, with one client of the agent on it. It is opened at the first call,
and again after a restart of the agent."""

from __future__ import annotations

import time

from ._channel import Channel
from ._deadline import Deadline
from ._features import announces
from ._fork import watch_forks
from ._given import given
from ._generated_rules import PROTOCOL, REPEATABLE, TAKES_CLIENT
from ._local_error import AgentNotRunning, ClientClosed, ConnectionLost, LocalError
from ._postern_error import PosternError
from ._turn import Turn, pause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Optional, Tuple

    from ._notice import Notices
    from ._options import Options, Requests
    from ._watch import OpenWatch

    # An answer, and the connection that it came through.
    Answered = Tuple[Channel, Any]


class _Open:
    __slots__ = ("channel", "client")

    def __init__(self, channel: Channel, client: str) -> None:
        self.channel = channel
        self.client = client


class Link:
    """Calls go through it. It repeats a lost call once, and only one that changes nothing."""

    def __init__(self, options: Options, notices: Notices) -> None:
        self._options = options
        self._notices = notices
        self._turn = Turn()
        self._open: Optional[_Open] = None
        self._closed = False
        self._was_open = False
        watch_forks(self)

    def begin_anew(self) -> None:
        """In the child of a fork: leaves the connection to the parent."""
        if self._open is not None:
            self._open.channel.abandon()
        self._open = None
        self._turn = Turn()

    async def open(self, timeout: Optional[float] = None) -> None:
        """Connects, so that a mistake shows at once."""
        await self._current(Deadline(timeout))

    async def call(
        self, method: str, params: Mapping[str, Any], *, timeout: Optional[float] = None
    ) -> Any:
        """The result of a method of the agent."""
        _, result = await self._answered(method, params, Deadline(timeout))
        return result

    async def watch(self, reference: str, deadline: Deadline) -> OpenWatch:
        """A watch that is open in the agent."""
        # Few programs watch, and its import would slow the start of all others.
        from ._watch import OpenWatch

        params = {"reference": reference}
        channel, result = await self._answered("secrets.watch", params, deadline)
        return OpenWatch(self._notices.watches.own(str(result["watch"])), channel)

    def close(self) -> None:
        """Ends the connection. Pending calls fail with ClientClosed."""
        self._closed = True
        if self._open is not None:
            self._open.channel.close()

    async def _answered(
        self, method: str, params: Mapping[str, Any], deadline: Deadline
    ) -> Answered:
        try:
            return await self._send(method, params, deadline)
        except ConnectionLost:
            # The caller must find out whether a lost write was done.
            if self._closed or method not in REPEATABLE:
                raise
            return await self._send(method, params, deadline)

    async def _send(self, method: str, params: Mapping[str, Any], deadline: Deadline) -> Answered:
        now = await self._current(deadline)
        try:
            return await self._through(now, method, params, deadline)
        except PosternError as error:
            # A lock ends a token's session before anything was done. Presenting the token again
            # begins the next session.
            is_over = error.error_name == "locked" and self._options.token is not None
            if not is_over or method not in TAKES_CLIENT:
                raise
        again = await self._present_again(now, deadline)
        return await self._through(again, method, params, deadline)

    async def _through(
        self, now: _Open, method: str, params: Mapping[str, Any], deadline: Deadline
    ) -> Answered:
        if method in TAKES_CLIENT:
            params = {**params, "client": now.client}
        return now.channel, await now.channel.call(method, params, deadline)

    async def _current(self, deadline: Deadline) -> _Open:
        now = self._open
        if now is not None and now.channel.is_open and not self._closed:
            return now
        async with self._turn.until(deadline):
            if self._closed:
                raise ClientClosed()
            if self._open is None or not self._open.channel.is_open:
                self._open = await self._connect(deadline)
            return self._open

    async def _connect(self, deadline: Deadline) -> _Open:
        channel = await self._dialled(deadline)
        try:
            client = await self._begin_on(channel, deadline)
            if self._closed:
                raise ClientClosed()
        except BaseException:
            channel.close()
            raise
        self._was_open = True
        return _Open(channel, client)

    async def _dialled(self, deadline: Deadline) -> Channel:
        """Connects, and starts an agent where none runs. A client that was open does not: a person may
        have stopped the agent."""
        try:
            return await Channel.open(self._options, self._notices.tell, deadline)
        except AgentNotRunning:
            may_start = self._options.token is not None and self._options.socket is None
            if not may_start or self._was_open:
                raise
            # Few programs start an agent, and its import would slow the start of all others.
            from ._start_agent import LOOK_SECONDS, START_SECONDS_MAX, not_listening, start_agent

            if not start_agent():
                raise
        until = time.monotonic() + START_SECONDS_MAX
        while True:
            await pause(LOOK_SECONDS)
            try:
                return await Channel.open(self._options, self._notices.tell, deadline)
            except AgentNotRunning:
                if time.monotonic() >= until:
                    raise not_listening() from None

    async def _begin_on(self, channel: Channel, deadline: Deadline) -> str:
        """Opens a client on a new connection. Hello, subscribe and open leave in one write, so that it
        takes one round trip."""
        options = self._options
        client = {"name": options.integration_name, "version": options.integration_version}
        # Calls on a locked account wait. A token never does.
        waits = options.token is None
        requests: Requests = [
            ("agent.hello", {"protocol": PROTOCOL, "client": client}),
            ("agent.subscribe", {}),
            ("clients.open", _opening(options, waits)),
        ]
        *before, last = await channel.together(requests, deadline)
        is_refused = isinstance(last, PosternError) and last.error_name == "invalidParams"
        if is_refused and waits and len(before) == 2:
            # An older agent refuses the waiting, since it does not know it. Its hello came too late
            # to ask it.
            if not announces(before[0], "waitForUnlock"):
                return await self._open_client(channel, deadline)
        if isinstance(last, Exception):
            raise last
        return str(last["client"])

    async def _open_client(self, channel: Channel, deadline: Deadline) -> str:
        """Opens a client whose calls do not wait for an unlock."""
        opened = await channel.call("clients.open", _opening(self._options, False), deadline)
        return str(opened["client"])

    async def _present_again(self, ended: _Open, deadline: Deadline) -> _Open:
        """Many calls may find the client ended. The token is presented once."""
        async with self._turn.until(deadline):
            now = self._open
            if now is not None and now is not ended:
                return now
            begun = _Open(ended.channel, await self._open_client(ended.channel, deadline))
            self._open = begun
            try:
                # A connection has only so many clients, and a lock may come often.
                await ended.channel.call("clients.close", {"client": ended.client}, deadline)
            except (PosternError, LocalError):
                pass
            return begun


def _opening(options: Options, waits: bool) -> Mapping[str, Any]:
    return given(
        {
            "integrationName": options.integration_name,
            "integrationVersion": options.integration_version,
            "token": options.token,
            "account": options.account or None,
            "waitForUnlock": True if waits else None,
        }
    )

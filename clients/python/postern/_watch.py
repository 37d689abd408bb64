"""The changes of one secret, as ``client.secrets.watch`` gives them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ._deadline import Deadline
from ._generated_errors import LockedError
from ._local_error import AgentNotRunning, LocalError, WatchEnded
from ._postern_error import PosternError
from ._turn import pause
from ._secret_change import SecretChange
from ._watch_notices import Told

if TYPE_CHECKING:
    from ._channel import Channel

# Seconds between two looks for an agent that has ended.
RENEW_EVERY_SECONDS = 1.0

# Seconds in which the next agent must run. A restart takes two seconds. Then the agent itself waits
# for the person's unlock.
RENEW_SECONDS_MAX = 60.0

# Seconds for telling the agent that a watch is over. Without that it ends with the connection.
_UNWATCH_SECONDS = 1.0


class OpenWatch(NamedTuple):
    """A watch that is open in the agent."""

    told: Told
    channel: Channel


class Watch(Protocol):
    """Opens a watch in the agent."""

    async def __call__(self, reference: str, deadline: Deadline) -> OpenWatch:
        """The open watch."""
        ...


class SecretWatch:
    """The changes of a secret, for one loop at a time.

    Who reads slowly gets one change for all that came meanwhile. After a restart of the agent the
    watch is opened again. The loop raises WatchEnded when the account is locked or the approval ends.
    """

    def __init__(self, watch: Watch, reference: str, opened: OpenWatch) -> None:
        self._watch = watch
        self._reference = reference
        self._open = opened
        self._closed = False

    def __aiter__(self) -> "SecretWatch":
        return self

    async def __anext__(self) -> SecretChange:
        while not self._closed:
            told, channel = self._open
            if told.take_change():
                return SecretChange(self._reference, renewed=False)
            if told.ended is not None:
                await self.close()
                raise WatchEnded(told.ended)
            if not channel.is_open:
                await self._renew()
                if not self._closed:
                    return SecretChange(self._reference, renewed=True)
                await self._end()
                break
            await channel.wait_for_notice(told)
        raise StopAsyncIteration

    async def close(self) -> None:
        """End the watch, here and in the agent. A loop over it ends."""
        if self._closed:
            return
        self._closed = True
        self._open.told.wake()
        await self._end()

    async def _end(self) -> None:
        told, channel = self._open
        told.forget(told.id)
        if told.ended is not None or not channel.is_open:
            return
        try:
            await channel.call("secrets.unwatch", {"watch": told.id}, Deadline(_UNWATCH_SECONDS))
        except (PosternError, LocalError):
            # The agent has ended it already, or the connection is gone and the watch with it.
            pass

    async def __aenter__(self) -> "SecretWatch":
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.close()

    async def _renew(self) -> None:
        """Opens it again, as soon as an agent runs with an unlocked account."""
        until = time.monotonic() + RENEW_SECONDS_MAX
        while not self._closed:
            try:
                self._open.told.forget(self._open.told.id)
                self._open = await self._watch(self._reference, Deadline(None))
                return
            except (AgentNotRunning, LockedError):
                if time.monotonic() >= until:
                    raise
            await pause(RENEW_EVERY_SECONDS)

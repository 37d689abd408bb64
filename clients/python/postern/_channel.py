"""One connection to the agent, for the tasks of one event loop. Every pending call ends exactly once:
with its answer, with an error of the agent, with its deadline, with the cancelling of its task, or
with ConnectionLost."""

from __future__ import annotations

import asyncio
import socket

from ._dial import dial
from ._fork import leave_to_parent
from ._framing import BrokenFraming, LineReader, cancel_line, params_of, request_line
from ._local_error import ClientClosed, ConnectionLost, LocalError
from ._postern_error import PosternError
from ._socket_path import socket_path, surroundings
from ._table_error import answered_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Mapping, Optional, Set

    from ._deadline import Deadline
    from ._options import Listener, Options, Requests
    from ._watch_notices import Told


# Bytes of the buffer for arriving bytes. An answer with a chunk of a file fills it some twenty times.
_BUFFER_BYTES = 64 * 1024


class Channel(asyncio.BufferedProtocol):
    """Dial, call, decode. With a plain protocol, asyncio asks the system for 256 KiB of new memory for
    each read, which takes longer than the rest of a small call."""

    def __init__(self, sock: socket.socket, listener: Listener) -> None:
        self._socket = sock
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._transport: Optional[asyncio.Transport] = None
        self._lines = LineReader()
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._pending: Dict[int, "asyncio.Future[Any]"] = {}
        self._wakes: Set[Callable[[], None]] = set()
        self._last_id = 0
        self._closed_by_us = False
        self.is_open = True

    @classmethod
    async def open(cls, options: Options, listener: Listener, deadline: Deadline) -> "Channel":
        """Connects. The hello must be the first request."""
        path = socket_path(surroundings()) if options.socket is None else options.socket
        sock = dial(path, deadline)
        channel = cls(sock, listener)
        try:
            loop = asyncio.get_running_loop()
            await loop.create_unix_connection(lambda: channel, sock=sock)
        except BaseException:
            channel.close()
            raise
        return channel

    async def call(self, method: str, params: Mapping[str, Any], deadline: Deadline) -> Any:
        """The result of a method. A cancelled task stops the work in the agent too."""
        if not self.is_open:
            raise self._why_ended()
        left = deadline.remaining()
        self._last_id += 1
        call = self._last_id
        line = request_line(call, method, params)
        answer: "asyncio.Future[Any]" = self._loop.create_future()
        self._pending[call] = answer
        timer = None if left is None else self._loop.call_later(left, _fail, answer, deadline)
        self._write(line)
        try:
            return await answer
        finally:
            if timer is not None:
                timer.cancel()
            if self._pending.pop(call, None) is not None and self.is_open:
                self._write(cancel_line(call))

    async def together(self, requests: Requests, deadline: Deadline) -> List[Any]:
        """Sends requests in one write. Returns their results up to the first error, and that error."""
        if not self.is_open:
            raise self._why_ended()
        left = deadline.remaining()
        lines: List[bytes] = []
        answers: Dict[int, "asyncio.Future[Any]"] = {}
        for method, params in requests:
            self._last_id += 1
            lines.append(request_line(self._last_id, method, params))
            answers[self._last_id] = self._loop.create_future()
        self._pending.update(answers)
        timer = None if left is None else self._loop.call_later(left, _fail_all, answers, deadline)
        self._write(b"".join(lines))
        outcomes: List[Any] = []
        try:
            for answer in answers.values():
                outcomes.append(await answer)
        except (PosternError, LocalError) as error:
            outcomes.append(error)
        finally:
            if timer is not None:
                timer.cancel()
            for call, answer in answers.items():
                self._pending.pop(call, None)
                # asyncio prints an error that nobody took.
                if not answer.cancel() and not answer.cancelled():
                    answer.exception()
        return outcomes

    async def wait_for_notice(self, told: Told) -> None:
        """Waits until something was told of a watch, or until the connection has ended."""
        woken: "asyncio.Future[None]" = self._loop.create_future()

        def wake() -> None:
            if not woken.done():
                woken.set_result(None)

        told.wake = wake
        self._wakes.add(wake)
        try:
            if self.is_open and not told.is_due:
                await woken
        finally:
            self._wakes.discard(wake)

    def close(self) -> None:
        """Ends the connection. Pending calls fail with ClientClosed."""
        self._closed_by_us = True
        self._end()

    def abandon(self) -> None:
        """Leaves the connection to the parent of a fork, whose loop still watches it."""
        self.is_open = False
        self._pending.clear()
        self._transport = None
        leave_to_parent(self._socket)

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        data = bytes(self._buffer[:nbytes])
        # The buffer lives as long as the connection, and an answer in it should not.
        self._buffer[:nbytes] = bytes(nbytes)
        try:
            for message in self._lines.feed(data):
                self._receive(message)
        except BrokenFraming:
            self._end()

    def connection_lost(self, exc: Optional[Exception]) -> None:
        # The transport has ended by itself. To abort it once more would end it twice, and asyncio
        # then prints an error of its own.
        self._transport = None
        self._end()

    def _receive(self, message: Mapping[str, Any]) -> None:
        method = message.get("method")
        if isinstance(method, str):
            self._loop.call_soon(self._listener, method, params_of(message))
            return
        call = message.get("id")
        answer = self._pending.pop(call, None) if isinstance(call, int) else None
        if answer is None or answer.done():
            return
        error = message.get("error")
        if isinstance(error, dict):
            answer.set_exception(answered_error(error))
        else:
            answer.set_result(message.get("result"))

    def _write(self, line: bytes) -> None:
        if self._transport is not None:
            self._transport.write(line)

    def _end(self) -> None:
        self.is_open = False
        pending, self._pending = self._pending, {}
        for answer in pending.values():
            if not answer.done():
                answer.set_exception(self._why_ended())
        if not self._loop.is_closed():
            for wake in list(self._wakes):
                wake()
        if self._loop.is_closed():
            # The transport can do nothing without its loop.
            leave_to_parent(self._socket)
        elif self._transport is None:
            self._socket.close()
        else:
            self._transport.abort()

    def _why_ended(self) -> LocalError:
        return ClientClosed() if self._closed_by_us else ConnectionLost()


def _fail(answer: "asyncio.Future[Any]", deadline: Deadline) -> None:
    if not answer.done():
        answer.set_exception(deadline.passed())


def _fail_all(answers: Mapping[int, "asyncio.Future[Any]"], deadline: Deadline) -> None:
    for answer in answers.values():
        _fail(answer, deadline)

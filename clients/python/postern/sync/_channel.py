"""One connection to the agent, for threads. No thread of ours runs: of the threads that wait for
answers, one reads for all. So a program ends when it is done, and a fork loses no reader. Every
pending call ends exactly once: with its answer, with an error of the agent, with its deadline, or
with ConnectionLost."""

from __future__ import annotations

import select
import socket
import threading

from .._deadline import Deadline
from .._dial import dial
from .._fork import leave_to_parent
from .._framing import BrokenFraming, LineReader, cancel_line, params_of, request_line
from .._local_error import ClientClosed, ConnectionLost, LocalError
from .._socket_path import socket_path, surroundings
from .._postern_error import PosternError
from .._table_error import answered_error
from ._turn import Turn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping, Optional

    from .._options import Listener, Options, Requests
    from .._watch_notices import Told

# Bytes of one read. An answer with a chunk of a file needs some twenty of them. From 128 KiB on, the C
# library asks the system for new memory for each read, which takes longer than the rest of a small call.
_READ_BYTES = 64 * 1024

# Seconds for telling the agent that a call is given up. A peer that takes no bytes for so long
# takes none at all.
_CANCEL_SECONDS = 1.0


class _Waiting:
    """A call without an answer. ``awake`` is set when there is one, and when its thread should read."""

    __slots__ = ("awake", "answer", "failure")

    def __init__(self) -> None:
        self.awake = threading.Event()
        self.answer: Optional[Mapping[str, Any]] = None
        self.failure: Optional[LocalError] = None

    @property
    def is_over(self) -> bool:
        return self.answer is not None or self.failure is not None

    def leave(self) -> None:
        """Ends the wait without an answer."""
        self.answer = {}
        self.awake.set()

    def result(self) -> Any:
        if self.answer is None:
            raise self.failure or ConnectionLost()
        error = self.answer.get("error")
        if isinstance(error, dict):
            raise answered_error(error)
        return self.answer.get("result")


class Channel:
    """Dial, call, decode."""

    def __init__(self, sock: socket.socket, listener: Listener) -> None:
        # A read without a deadline waits in `recv`, which spares a call of the system. All else asks not to wait.
        sock.setblocking(True)
        self._socket = sock
        self._listener = listener
        self._lines = LineReader()
        # Only the thread that reads uses it.
        self._arrivals = select.poll()
        self._arrivals.register(sock, select.POLLIN)
        self._pending: Dict[int, _Waiting] = {}
        self._last_id = 0
        self._users = 0
        self._closed_by_us = False
        self._state = threading.Lock()
        self._reading = threading.Lock()
        self._writing = Turn()
        self.is_open = True

    @classmethod
    def open(cls, options: Options, listener: Listener, deadline: Deadline) -> "Channel":
        """Connects. The hello must be the first request."""
        path = socket_path(surroundings()) if options.socket is None else options.socket
        return cls(dial(path, deadline), listener)

    def call(self, method: str, params: Mapping[str, Any], deadline: Deadline) -> Any:
        """The result of a method. An interrupt of the program stops the work in the agent too."""
        deadline.remaining()
        with self._state:
            self._last_id += 1
            call = self._last_id
        # A request that cannot be sent is refused before anything waits for its answer.
        line = request_line(call, method, params)
        waiting = _Waiting()
        with self._state:
            if not self.is_open:
                raise self._why_ended()
            self._users += 1
            self._pending[call] = waiting
        try:
            self._send(line, deadline)
            self._wait(waiting, deadline)
            return waiting.result()
        finally:
            self._leave(call)

    def together(self, requests: Requests, deadline: Deadline) -> List[Any]:
        """Sends requests in one write. Returns their results up to the first error, and that error."""
        deadline.remaining()
        lines: List[bytes] = []
        calls: Dict[int, _Waiting] = {}
        for method, params in requests:
            with self._state:
                self._last_id += 1
                call = self._last_id
            lines.append(request_line(call, method, params))
            calls[call] = _Waiting()
        with self._state:
            if not self.is_open:
                raise self._why_ended()
            self._users += len(calls)
            self._pending.update(calls)
        outcomes: List[Any] = []
        try:
            self._send(b"".join(lines), deadline)
            for waiting in calls.values():
                self._wait(waiting, deadline)
                outcomes.append(waiting.result())
        except (PosternError, LocalError) as error:
            outcomes.append(error)
        finally:
            with self._state:
                for call in calls:
                    self._pending.pop(call, None)
                self._users -= len(calls)
            self._close_if_unused()
        return outcomes

    def wait_for_notice(self, told: Told) -> None:
        """Waits until something was told of a watch, or until the connection has ended."""
        waiting = _Waiting()
        told.wake = waiting.leave
        with self._state:
            if not self.is_open:
                return
            self._users += 1
            self._last_id += 1
            # No request has this number.
            place = -self._last_id
            self._pending[place] = waiting
        try:
            if not told.is_due:
                self._wait(waiting, Deadline(None))
        finally:
            self._leave_place(place)

    def close(self) -> None:
        """Ends the connection. Pending calls fail with ClientClosed."""
        self._closed_by_us = True
        self._end()

    def abandon(self) -> None:
        """Leaves the connection to the parent of a fork."""
        self.is_open = False
        self._pending = {}
        leave_to_parent(self._socket)

    def _leave(self, call: int) -> None:
        try:
            with self._state:
                given_up = self._pending.pop(call, None) is not None and self.is_open
            if given_up:
                self._send(cancel_line(call), Deadline(_CANCEL_SECONDS))
        except LocalError:
            # The connection is gone or stuck. The caller learns why its own call ended.
            pass
        finally:
            with self._state:
                self._users -= 1
            self._close_if_unused()

    def _leave_place(self, place: int) -> None:
        with self._state:
            self._pending.pop(place, None)
            self._users -= 1
        self._close_if_unused()

    def _send(self, line: bytes, deadline: Deadline) -> None:
        with self._writing.until(deadline):
            rest = memoryview(line)
            try:
                while rest:
                    try:
                        rest = rest[self._socket.send(rest, socket.MSG_DONTWAIT) :]
                    except BlockingIOError:
                        self._make_room(deadline)
            except OSError as error:
                # TimedOut is one too. After half a line nothing may follow.
                if not isinstance(error, LocalError):
                    self._end()
                    raise self._why_ended() from error
                self._end_inside(line, rest)
                raise
            except BaseException:
                self._end_inside(line, rest)
                raise

    def _end_inside(self, line: bytes, rest: memoryview) -> None:
        if len(rest) != len(line):
            self._end()

    def _make_room(self, deadline: Deadline) -> None:
        """Waits until the agent takes more. It stops to read while its own answers are not read, so
        those are read meanwhile."""
        events = self._poll(select.POLLOUT | select.POLLIN, deadline)
        if events & select.POLLIN and self._reading.acquire(blocking=False):
            try:
                self._read_once(socket.MSG_DONTWAIT)
            finally:
                self._reading.release()

    def _wait(self, waiting: _Waiting, deadline: Deadline) -> None:
        try:
            while not waiting.is_over:
                if self._reading.acquire(blocking=False):
                    try:
                        while not waiting.is_over:
                            self._read(deadline)
                    finally:
                        self._reading.release()
                elif not waiting.awake.wait(deadline.remaining()):
                    raise deadline.passed()
                else:
                    waiting.awake.clear()
        finally:
            self._wake_a_reader(waiting)

    def _wake_a_reader(self, leaving: _Waiting) -> None:
        """Whoever stops waiting may have been the reader. Another one must read then. One that stops
        without an answer still has its place here, and reads no more."""
        with self._state:
            others = (one for one in self._pending.values() if one is not leaving)
            next_one = next(others, None)
        if next_one is not None:
            next_one.awake.set()

    def _poll(self, events: int, deadline: Deadline) -> int:
        poller = select.poll()
        poller.register(self._socket, events)
        return _happened(poller, deadline)

    def _read(self, deadline: Deadline) -> None:
        if deadline.is_endless:
            self._read_once(0)
        else:
            _happened(self._arrivals, deadline)
            self._read_once(socket.MSG_DONTWAIT)

    def _read_once(self, flags: int) -> None:
        try:
            data = self._socket.recv(_READ_BYTES, flags)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data == b"":
            self._end()
            return
        try:
            for message in self._lines.feed(data):
                self._receive(message)
        except BrokenFraming:
            self._end()
        except BaseException:
            # An interrupt of the program. Answers to other threads may be lost with it.
            self._end()
            raise

    def _receive(self, message: Mapping[str, Any]) -> None:
        method = message.get("method")
        if isinstance(method, str):
            self._listener(method, params_of(message))
            return
        call = message.get("id")
        with self._state:
            waiting = self._pending.pop(call, None) if isinstance(call, int) else None
        if waiting is not None:
            waiting.answer = message
            waiting.awake.set()

    def _end(self) -> None:
        with self._state:
            self.is_open = False
            pending, self._pending = self._pending, {}
        for waiting in pending.values():
            waiting.failure = self._why_ended()
            waiting.awake.set()
        try:
            # Wakes a thread that polls. The number of the socket stays taken until nobody uses it.
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._close_if_unused()

    def _close_if_unused(self) -> None:
        with self._state:
            if not self.is_open and self._users == 0:
                self._socket.close()

    def _why_ended(self) -> LocalError:
        return ClientClosed() if self._closed_by_us else ConnectionLost()


def _happened(poller: select.poll, deadline: Deadline) -> int:
    left = deadline.remaining()
    happened = poller.poll(None if left is None else left * 1000)
    if not happened:
        raise deadline.passed()
    return happened[0][1]

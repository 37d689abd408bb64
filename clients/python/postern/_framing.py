"""One JSON value for each line. Joins arriving bytes to lines, under a limit."""

from __future__ import annotations

import json

from ._generated_rules import LINE_BYTES_MAX
from ._table_error import table_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Mapping

# Bytes of an answer after which the client gives the connection up. The agent's largest result
# has fewer.
ANSWER_BYTES_MAX = 64 * 1024 * 1024


class BrokenFraming(Exception):
    """The peer sent what is no line of the wire. It says nothing of the bytes."""


class LineReader:
    """Keeps the unfinished line between two arrivals."""

    def __init__(self) -> None:
        self._parts: List[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> List[Dict[str, Any]]:
        """The messages that are whole now. Raises BrokenFraming, after which nothing can be read."""
        first, *others = data.split(b"\n")
        self._keep(first)
        messages: List[Dict[str, Any]] = []
        for part in others:
            messages.append(_message(b"".join(self._parts)))
            self._parts, self._size = [], 0
            self._keep(part)
        return messages

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > ANSWER_BYTES_MAX:
            raise BrokenFraming
        self._parts.append(part)


def _message(line: bytes) -> Dict[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        # `from None`: the parser's error holds the line.
        raise BrokenFraming from None
    if not isinstance(message, dict):
        raise BrokenFraming
    return message


def params_of(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters of a notification."""
    params = message.get("params")
    return params if isinstance(params, dict) else {}


def request_line(call: int, method: str, params: Mapping[str, Any]) -> bytes:
    """A request as it goes on the wire. The agent closes a connection that sends a longer one, and
    with it every other call."""
    line = _line({"jsonrpc": "2.0", "id": call, "method": method, "params": params})
    if len(line) - 1 > LINE_BYTES_MAX:
        raise table_error("lineTooLong", f"the limit is {LINE_BYTES_MAX} bytes")
    return line


def cancel_line(call: int) -> bytes:
    """Tells the agent to stop the work of a request."""
    return _line({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": call}})


# Made once: `json.dumps` makes an encoder for each call that has options.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_encode_escaped = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def _line(message: Mapping[str, Any]) -> bytes:
    try:
        return _encode(message).encode() + b"\n"
    except UnicodeEncodeError:
        # Half of a surrogate pair has no form in UTF-8. JSON can escape it.
        return _encode_escaped(message).encode() + b"\n"

"""Connects to the agent's socket, after a check that nobody else can have put it there."""

from __future__ import annotations

import errno
import os
import socket
import stat
import sys

from ._deadline import Deadline
from ._local_error import AgentNotRunning, UntrustedSocket, UnusablePath

_NO_SOCKET = "move that file out of the way, and run `postern agent start`"
_OF_OTHERS = (
    "run this program as that user and not by sudo, or look at POSTERN_SOCKET and POSTERN_HOME"
)
_WAY_TO_IT = (
    "look at it and at the folders on the way to it, which must let you in, and at"
    " POSTERN_SOCKET, POSTERN_HOME and XDG_RUNTIME_DIR, which say where it is"
)

# Seconds after which an agent that takes no connection counts as not running. The kernel connects
# at once unless the agent has stopped to accept.
DIAL_SECONDS = 5.0


def dial(path: str, deadline: Deadline) -> socket.socket:
    """A socket that does not block. Raises AgentNotRunning, UntrustedSocket or TimedOut."""
    if sys.platform == "win32":
        raise UnusablePath("this client does not speak through the pipes of Windows yet")
    _check(path)
    left = deadline.remaining()
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(DIAL_SECONDS if left is None else min(left, DIAL_SECONDS))
        sock.connect(path)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        deadline.remaining()
        raise _not_dialled(path, error) from error
    except BaseException:
        sock.close()
        raise
    return sock


def _check(path: str) -> None:
    """Refuses a socket that another user made, or whose folder another user can write to: that user
    would read every request."""
    try:
        there = os.lstat(path)
        folder = os.lstat(os.path.dirname(path) or ".")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise AgentNotRunning("there is no socket") from error
    except OSError as error:
        raise UntrustedSocket(f"{path} cannot be looked at ({_code(error)})", _WAY_TO_IT) from error
    user = os.getuid()
    if not stat.S_ISSOCK(there.st_mode):
        raise UntrustedSocket("it is not a socket", _NO_SOCKET)
    if there.st_uid != user:
        raise UntrustedSocket("it belongs to another user", _OF_OTHERS)
    if folder.st_uid != user:
        raise UntrustedSocket("its folder belongs to another user", _OF_OTHERS)
    if folder.st_mode & 0o077:
        raise UntrustedSocket("its folder is open to other users")


def _not_dialled(path: str, error: OSError) -> Exception:
    if isinstance(error, (ConnectionRefusedError, FileNotFoundError)):
        return AgentNotRunning("the socket is left over from an agent that has ended")
    if isinstance(error, (socket.timeout, BlockingIOError)):
        return AgentNotRunning(
            "the agent takes no connection", "look at it with `postern agent status`"
        )
    return UntrustedSocket(f"{path} cannot be connected to ({_code(error)})", _WAY_TO_IT)


def _code(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "unknown")

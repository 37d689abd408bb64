"""What a child of a fork must leave alone. A connection belongs to the process that opened it: the
agent knows the process at its other end, and two writers would mix their lines."""

from __future__ import annotations

import os
import socket
from weakref import WeakSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Forkable(Protocol):
        """Something that must begin anew in a child."""

        def begin_anew(self) -> None:
            """Forget connections and locks. The parent may hold both at the moment of the fork."""

_watched: "WeakSet[Forkable]" = WeakSet()


def watch_forks(one: Forkable) -> None:
    """Calls ``begin_anew`` in every child that is forked from now on."""
    _watched.add(one)


def _begin_anew() -> None:
    for one in list(_watched):
        one.begin_anew()


def leave_to_parent(sock: socket.socket) -> None:
    """Closes the child's copy of a socket. A shutdown would end the parent's connection too."""
    number = sock.detach()
    if number != -1:
        os.close(number)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)

"""The path of the agent's socket. A pure function of the surroundings, so the agent and every client
get the same path. Places, limits and refusals come from the rules that the agent itself uses."""

from __future__ import annotations

import os
import sys

from . import _generated_paths as paths
from ._local_error import UnusablePath

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Mapping, Optional

_PIPE_PREFIX = "\\\\.\\pipe\\"


class Surroundings:
    """The facts that the path depends on."""

    __slots__ = ("env", "platform", "home", "uid", "sid")

    def __init__(
        self,
        env: Mapping[str, str],
        platform: str,
        home: str,
        uid: Optional[int],
        sid: Optional[str] = None,
    ) -> None:
        self.env = env
        self.platform = platform
        self.home = home
        self.uid = uid
        # The user's security identifier, on Windows only. It is part of the pipe's name.
        self.sid = sid


def surroundings() -> Surroundings:
    """The facts of this process."""
    env: Dict[str, str] = dict(os.environ)
    uid = os.getuid() if hasattr(os, "getuid") else None
    return Surroundings(env, sys.platform, os.path.expanduser("~"), uid)


def socket_path(where: Surroundings) -> str:
    """The agent's socket or pipe. Raises UnusablePath where it would be relative or too long."""
    if where.platform == "win32":
        return _pipe_name(where)
    path = _given(where, "POSTERN_SOCKET") or _default_socket(where)
    limit = paths.LIMIT_LINUX if where.platform == "linux" else paths.LIMIT_OTHERS
    if len(os.fsencode(path)) > limit:
        raise UnusablePath(paths.REFUSAL_TOO_LONG.format(limit=limit))
    return path


def data_folder(where: Surroundings) -> str:
    """The folder of the agent's data, on systems other than Windows."""
    moved = _given(where, "POSTERN_HOME")
    if moved is not None:
        return paths.PLACE_DATA_MOVED.format(moved=moved)
    if where.platform == "darwin":
        return paths.PLACE_DATA_DARWIN.format(home=where.home)
    given = where.env.get("XDG_DATA_HOME")
    if given is None or not _is_absolute(where, given):
        return paths.PLACE_DATA_HOME.format(home=where.home)
    return paths.PLACE_DATA_GIVEN.format(given=_without_trailing_slash(given))


def _default_socket(where: Surroundings) -> str:
    moved = _given(where, "POSTERN_HOME")
    if moved is not None:
        return paths.PLACE_MOVED.format(moved=moved)
    if where.platform == "darwin":
        return paths.PLACE_DARWIN.format(home=where.home)
    runtime = _runtime_folder(where)
    if runtime is None:
        return paths.PLACE_HOME.format(home=where.home)
    return paths.PLACE_RUNTIME.format(runtime=runtime)


def _runtime_folder(where: Surroundings) -> Optional[str]:
    """After `su` the variable still names the folder of the former user, which must not be used."""
    path = where.env.get("XDG_RUNTIME_DIR")
    if path is None or not _is_absolute(where, path):
        return None
    path = _without_trailing_slash(path)
    folder, _, owner = path.rpartition("/")
    is_of_a_user = folder == "/run/user" and owner.isascii() and owner.isdigit()
    return None if is_of_a_user and int(owner) != where.uid else path


def _pipe_name(where: Surroundings) -> str:
    name = where.env.get("POSTERN_SOCKET")
    if name is None:
        name = _default_pipe(where)
    if not name.startswith(_PIPE_PREFIX):
        raise UnusablePath(paths.REFUSAL_NO_PIPE)
    if len(name) > paths.LIMIT_PIPE:
        raise UnusablePath(paths.REFUSAL_PIPE_TOO_LONG)
    return name


def _default_pipe(where: Surroundings) -> str:
    import re

    if where.sid is None or re.fullmatch(r"S-1(-[0-9]+)+", where.sid) is None:
        raise UnusablePath(paths.REFUSAL_NO_SID)
    moved = _given(where, "POSTERN_HOME")
    if moved is None:
        return paths.PLACE_PIPE.format(sid=where.sid)
    return paths.PLACE_MOVED_PIPE.format(sid=where.sid, moved=re.sub("[^A-Za-z0-9]", "-", moved))


def _given(where: Surroundings, variable: str) -> Optional[str]:
    """Postern's own variable. A relative one is an error, since agent and client run in different
    folders. An empty one is an error too: the person meant another place."""
    value = where.env.get(variable)
    if value is None:
        return None
    if value.strip() == "":
        raise UnusablePath(paths.REFUSAL_EMPTY.format(variable=variable))
    if not _is_absolute(where, value):
        raise UnusablePath(paths.REFUSAL_RELATIVE.format(variable=variable))
    if "\0" in value:
        raise UnusablePath(paths.REFUSAL_ZERO_BYTE.format(variable=variable))
    return _without_trailing_slash(value)


def _is_absolute(where: Surroundings, path: str) -> bool:
    if where.platform == "win32":
        # Elsewhere it would slow the start.
        import re

        return re.match(r"([A-Za-z]:)?[\\/]", path) is not None
    return path.startswith("/")


def _without_trailing_slash(path: str) -> str:
    return path.rstrip("\\/") if len(path) > 1 else path

"""Starts an agent for a program with a token, where none runs: by the command that the last agent has
written down, and never by a name that is looked for in PATH."""

from __future__ import annotations

import json
import os
import stat
import sys

from . import _generated_paths as paths
from ._generated_paths import START_SECONDS_MAX as START_SECONDS_MAX
from ._local_error import AgentNotRunning
from ._socket_path import data_folder, surroundings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, NoReturn, Optional

# Seconds between two looks for the socket while the agent starts.
LOOK_SECONDS = 0.025

_WHY = "run `postern agent start`, which says why"

# A shell starts the agent and ends, so that the program has no child that it does not know.
_ORPHAN = '"$@" </dev/null >/dev/null 2>&1 &'


def start_agent() -> bool:
    """Starts an agent. False where no agent has written down how."""
    words = None if sys.platform == "win32" else _command()
    if words is None:
        return False
    # Few programs start an agent, and its import would slow the start of all others.
    import subprocess

    variables = {name: os.environ[name] for name in paths.START_VARIABLES if name in os.environ}
    try:
        subprocess.run(
            ["/bin/sh", "-c", _ORPHAN, "sh", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=variables,
            start_new_session=True,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise AgentNotRunning("the shell that starts it failed", _WHY) from error
    return True


def not_listening() -> AgentNotRunning:
    """The error for an agent that was started and does not listen."""
    return AgentNotRunning(
        f"it was started, and did not listen within {START_SECONDS_MAX:g} s", _WHY
    )


def start_words(text: bytes) -> Optional[List[str]]:
    """The words of the command in the file. None where the text is no such file."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    command = value.get("command") if isinstance(value, dict) else None
    if not isinstance(command, list) or not 0 < len(command) <= paths.START_WORDS_MAX:
        return None
    if not all(isinstance(word, str) and "\0" not in word for word in command):
        return None
    return command if command[0].startswith("/") else None


def _command() -> Optional[List[str]]:
    home = data_folder(surroundings())
    try:
        _demand_ours(
            os.lstat(home),
            "is in another user's folder",
            "is in a folder that is open to other users",
        )
        path = os.path.join(home, paths.START_FILE)
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if isinstance(error, AgentNotRunning):
            raise
        _refuse("cannot be read", error)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            _refuse("is no file")
        _demand_ours(found, "belongs to another user", "is open to other users")
        text = os.read(descriptor, paths.START_BYTES_MAX + 1)
    finally:
        os.close(descriptor)
    words = start_words(text) if len(text) <= paths.START_BYTES_MAX else None
    if words is None:
        _refuse("holds no command")
    return words


def _demand_ours(found: os.stat_result, of_another: str, is_open: str) -> None:
    """Another user who can write there would choose the program that gets the token."""
    if found.st_uid != os.geteuid():
        _refuse(of_another)
    if found.st_mode & 0o077:
        _refuse(is_open)


def _refuse(why: str, cause: Optional[OSError] = None) -> NoReturn:
    raise AgentNotRunning(
        f"the file {paths.START_FILE} in its data folder, which says how to start one, {why}"
    ) from cause

"""Says at the terminal that the program waits for a person, where the program has no listener of its own."""

from __future__ import annotations

import re
import sys
from collections import deque
from datetime import datetime, timezone
from typing import Deque, NamedTuple, Optional, TextIO


class PromptNotice(NamedTuple):
    """A person must approve. ``code`` is what both sides compare, and ``expires_at`` is in UTC."""

    code: str
    expires_at: datetime


# Prompts that are remembered as told. The agent opens no more at once.
TOLD_MAX = 24

# The code of a prompt as every agent writes it. Anything else could redraw the terminal.
_CODE = re.compile(r"[A-Za-z0-9-]{1,16}")

# The name of an account that a shell takes as it is, or between quotes. Another one is not repeated.
_ACCOUNT = re.compile(r"[A-Za-z0-9._@ -]+")


def _unlock_command(account: str) -> str:
    if _ACCOUNT.fullmatch(account) is None:
        return "postern unlock"
    shown = f"'{account}'" if " " in account else account
    return f"postern --account {shown} unlock"


class AtTerminal:
    """Tells of each prompt once, however many calls wait for it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._told: Deque[str] = deque(maxlen=TOLD_MAX)

    def tell(self, prompt: str, code: str) -> None:
        """Says nothing where stderr is no terminal."""
        if prompt in self._told or _CODE.fullmatch(code) is None:
            return
        stderr = _terminal()
        if stderr is None:
            return
        self._told.append(prompt)
        stderr.write(
            f"{self._name}: waiting for your approval, code {code}\n"
            f"  next: run `postern approve {code}` in another terminal\n"
        )
        stderr.flush()


class UnlockAtTerminal:
    """Tells that calls wait for an unlock of the account: once, until those calls have ended.

    An empty account means the default one.
    """

    def __init__(self, name: str, account: str) -> None:
        self._name = name
        self._command = _unlock_command(account)
        self._until = datetime.min.replace(tzinfo=timezone.utc)

    def tell(self, expires_at: datetime) -> None:
        """Says nothing where stderr is no terminal."""
        stderr = _terminal()
        if stderr is None or datetime.now(timezone.utc) < self._until:
            return
        self._until = expires_at
        stderr.write(
            f"{self._name}: waiting for your unlock\n"
            f"  next: run `{self._command}` in another terminal\n"
        )
        stderr.flush()


def _terminal() -> Optional[TextIO]:
    # A program without a console has no stderr.
    return sys.stderr if sys.stderr is not None and sys.stderr.isatty() else None

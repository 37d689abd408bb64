"""Says at the terminal that the program waits for a person, where the program has no listener of its own."""

from __future__ import annotations

import re
import sys
from collections import deque
from typing import Deque

# Prompts that are remembered as told. The agent opens no more at once.
TOLD_MAX = 24

# The code of a prompt as every agent writes it. Anything else could redraw the terminal.
_CODE = re.compile(r"[A-Za-z0-9-]{1,16}")


class AtTerminal:
    """Tells of each prompt once, however many calls wait for it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._told: Deque[str] = deque(maxlen=TOLD_MAX)

    def tell(self, prompt: str, code: str) -> None:
        """Says nothing where stderr is no terminal."""
        stderr = sys.stderr
        if prompt in self._told or _CODE.fullmatch(code) is None:
            return
        # A program without a console has no stderr.
        if stderr is None or not stderr.isatty():
            return
        self._told.append(prompt)
        stderr.write(
            f"{self._name}: waiting for your approval, code {code}\n"
            f"  next: run `postern approve {code}` in another terminal\n"
        )
        stderr.flush()

"""Passes notifications of the agent on to the program."""

from __future__ import annotations

from typing import Any, List, Mapping

from ._instant import instant
from ._options import Listener, Options, PromptNotice
from ._prompt_notice import AtTerminal, UnlockAtTerminal
from ._watch_notices import WatchNotices


class Notices:
    """Who listens to the agent."""

    def __init__(self, options: Options) -> None:
        self._on_prompt = options.on_prompt
        self._at_terminal = AtTerminal(options.integration_name)
        self._unlock = UnlockAtTerminal(options.integration_name, options.account)
        self.listeners: List[Listener] = []
        self.watches = WatchNotices()

    def tell(self, method: str, params: Mapping[str, Any]) -> None:
        """Calls everyone who listens. An error of theirs is logged, since it concerns no call."""
        self.watches.heard(method, params)
        try:
            # Only the prompts of this connection's own requests name one.
            if method == "prompt.opened" and isinstance(params.get("request"), int):
                self._tell_prompt(params)
            if method == "unlock.awaited" and isinstance(params.get("request"), int):
                self._unlock.tell(instant(str(params["expiresAt"])))
            for listener in list(self.listeners):
                listener(method, params)
        except Exception:
            import logging

            logging.getLogger("postern").exception("a listener of the program failed")

    def _tell_prompt(self, params: Mapping[str, Any]) -> None:
        code = str(params["code"])
        if self._on_prompt is None:
            self._at_terminal.tell(str(params["prompt"]), code)
        else:
            self._on_prompt(PromptNotice(code, instant(str(params["expiresAt"]))))

"""Passes notifications of the agent on to the program."""

from __future__ import annotations

from ._watch_notices import WatchNotices

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Mapping, Optional

    from ._options import Listener, Options
    from ._prompt_notice import AtTerminal, UnlockAtTerminal


class Notices:
    """Who listens to the agent."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._prompts: Optional[AtTerminal] = None
        self._unlocks: Optional[UnlockAtTerminal] = None
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
                self._tell_unlock(str(params["expiresAt"]))
            for listener in list(self.listeners):
                listener(method, params)
        except Exception:
            import logging

            logging.getLogger("postern").exception("a listener of the program failed")

    # What follows is loaded for the first prompt. Before it, it would slow the start.

    def _tell_prompt(self, params: Mapping[str, Any]) -> None:
        from ._instant import instant
        from ._prompt_notice import AtTerminal, PromptNotice

        code = str(params["code"])
        if self._options.on_prompt is not None:
            notice = PromptNotice(code, instant(str(params["expiresAt"])))
            return self._options.on_prompt(notice)
        if self._prompts is None:
            self._prompts = AtTerminal(self._options.integration_name)
        self._prompts.tell(str(params["prompt"]), code)

    def _tell_unlock(self, expires_at: str) -> None:
        from ._instant import instant
        from ._prompt_notice import UnlockAtTerminal

        if self._unlocks is None:
            name, account = self._options.integration_name, self._options.account
            self._unlocks = UnlockAtTerminal(name, account)
        self._unlocks.tell(instant(expires_at))

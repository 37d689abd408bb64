"""Passes notifications of the agent on to the program."""

from __future__ import annotations

from typing import Any, List, Mapping

from ._instant import instant
from ._options import Listener, Options, PromptNotice
from ._watch_notices import WatchNotices


class Notices:
    """Who listens to the agent."""

    def __init__(self, options: Options) -> None:
        self._on_prompt = options.on_prompt
        self.listeners: List[Listener] = []
        self.watches = WatchNotices()

    def tell(self, method: str, params: Mapping[str, Any]) -> None:
        """Calls everyone who listens. An error of theirs is logged, since it concerns no call."""
        self.watches.heard(method, params)
        try:
            # Only the prompts of this connection's own requests name one.
            if (
                self._on_prompt is not None
                and method == "prompt.opened"
                and isinstance(params.get("request"), int)
            ):
                self._on_prompt(
                    PromptNotice(str(params["code"]), instant(str(params["expiresAt"])))
                )
            for listener in list(self.listeners):
                listener(method, params)
        except Exception:
            import logging

            logging.getLogger("postern").exception("a listener of the program failed")

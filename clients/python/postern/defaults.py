"""What a client is opened with, as the official package has it."""

from __future__ import annotations

DEFAULT_INTEGRATION_NAME = "Unknown"
DEFAULT_INTEGRATION_VERSION = "Unknown"


class DesktopAuth:
    """Sign-in through the agent, by the account's name or id. Empty, it is the default account."""

    def __init__(self, account_name: str) -> None:
        self.account_name = account_name

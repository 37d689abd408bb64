"""The synchronous twin: the same names, without ``async`` and ``await``."""

from __future__ import annotations

from .client import Client
from .environments import Environments
from .groups import Groups
from .items import Items
from .secrets import Secrets
from .vaults import Vaults

__all__ = ["Client", "Environments", "Groups", "Items", "Secrets", "Vaults"]

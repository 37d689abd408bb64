"""The Python client of the Postern agent, under the names of the official package.

``postern.sync`` has the same names for programs without asyncio.
"""

from __future__ import annotations

from . import errors, types
from ._generated_rules import VERSION as __version__
from .client import Client, DesktopAuth, PromptNotice
from .defaults import DEFAULT_INTEGRATION_NAME, DEFAULT_INTEGRATION_VERSION
from .environments import Environments
from .errors import *  # noqa: F403
from .groups import Groups
from .items import Items
from .secrets import Secrets
from .types import *  # noqa: F403
from .vaults import Vaults

# Without the modules: a program that says `import *` keeps its own `secrets` and `types`.
__all__ = [
    "Client",
    "DEFAULT_INTEGRATION_NAME",
    "DEFAULT_INTEGRATION_VERSION",
    "DesktopAuth",
    "Environments",
    "Groups",
    "Items",
    "PromptNotice",
    "Secrets",
    "Vaults",
    "__version__",
]
__all__ += errors.__all__
__all__ += types.__all__

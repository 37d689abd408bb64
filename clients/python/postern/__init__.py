"""The Python client of the Postern agent, under the names of the official package.

``postern.sync`` has the same names for programs without asyncio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import errors as errors
from . import types as types
from ._generated_rules import VERSION as __version__
from .client import Client as Client
from .client import DesktopAuth as DesktopAuth
from .client import PromptNotice as PromptNotice
from .defaults import DEFAULT_INTEGRATION_NAME as DEFAULT_INTEGRATION_NAME
from .defaults import DEFAULT_INTEGRATION_VERSION as DEFAULT_INTEGRATION_VERSION
from .environments import Environments as Environments
from .errors import *  # noqa: F403
from .groups import Groups as Groups
from .items import Items as Items
from .secrets import Secrets as Secrets
from .types import *  # noqa: F403
from .vaults import Vaults as Vaults

# Without the modules: a program that says `import *` keeps its own `secrets` and `types`. Type
# checkers read no list that is put together. They take the lines above.
if not TYPE_CHECKING:
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
        *errors.__all__,
        *types.__all__,
    ]

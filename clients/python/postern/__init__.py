"""The Python client of the Postern agent, under the names of the official package.

``postern.sync`` has the same names for programs without asyncio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import errors as errors
from . import types as types
from ._generated_rules import VERSION as __version__
from ._options import PromptNotice as PromptNotice
from .defaults import DEFAULT_INTEGRATION_NAME as DEFAULT_INTEGRATION_NAME
from .defaults import DEFAULT_INTEGRATION_VERSION as DEFAULT_INTEGRATION_VERSION
from .defaults import DesktopAuth as DesktopAuth
from .environments import Environments as Environments
from .errors import *  # noqa: F403
from .groups import Groups as Groups
from .items import Items as Items
from .secrets import Secrets as Secrets
from ._watch_notices import SecretChange as SecretChange
from .types import *  # noqa: F403
from .vaults import Vaults as Vaults

if TYPE_CHECKING:
    from .client import Client as Client
else:

    def __getattr__(name: str) -> Any:
        # asyncio takes most of the time of a start, and the synchronous twin does without it.
        if name not in ("Client", "client"):
            raise AttributeError(f"module 'postern' has no attribute {name!r}")
        from importlib import import_module

        module = import_module(".client", __name__)
        return module if name == "client" else module.Client


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
        "SecretChange",
        "Secrets",
        "Vaults",
        "__version__",
        *errors.__all__,
        *types.__all__,
    ]

"""The Python client of the Postern agent, under the names of the official package.

``postern.sync`` has the same names for programs without asyncio.

Each name is loaded at its first use: to load all of them takes longer than to open a client. For the
same reason the modules of a start take ``typing`` for type checkers alone.
"""

from __future__ import annotations

from ._generated_rules import VERSION as __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import errors as errors
    from . import types as types
    from ._prompt_notice import PromptNotice as PromptNotice
    from ._secret_change import SecretChange as SecretChange
    from .client import Client as Client
    from .defaults import DEFAULT_INTEGRATION_NAME as DEFAULT_INTEGRATION_NAME
    from .defaults import DEFAULT_INTEGRATION_VERSION as DEFAULT_INTEGRATION_VERSION
    from .defaults import DesktopAuth as DesktopAuth
    from .environments import Environments as Environments
    from .errors import *  # noqa: F403
    from .groups import Groups as Groups
    from .items import Items as Items
    from .secrets import Secrets as Secrets
    from .types import *  # noqa: F403
    from .vaults import Vaults as Vaults
else:
    # The module of each name. Those of all errors and types are in two modules more.
    _PLACES = {
        "Client": "client",
        "DEFAULT_INTEGRATION_NAME": "defaults",
        "DEFAULT_INTEGRATION_VERSION": "defaults",
        "DesktopAuth": "defaults",
        "Environments": "environments",
        "Groups": "groups",
        "Items": "items",
        "PromptNotice": "_prompt_notice",
        "SecretChange": "_secret_change",
        "Secrets": "secrets",
        "Vaults": "vaults",
    }

    _MODULES = frozenset((*_PLACES.values(), "errors", "types", "items_files", "items_shares"))

    def __getattr__(name):
        from importlib import import_module

        if name in _MODULES:
            return import_module(f".{name}", __name__)
        if name in _PLACES:
            found = getattr(import_module(f".{_PLACES[name]}", __name__), name)
        elif name == "__all__":
            # Without the modules: a program that says `import *` keeps its own `secrets` and `types`.
            found = [*_PLACES, "__version__", *_all_of("errors"), *_all_of("types")]
        elif name.startswith("_"):
            raise _missing(name)
        elif name in _all_of("errors"):
            found = getattr(import_module(".errors", __name__), name)
        elif name in _all_of("types"):
            found = getattr(import_module(".types", __name__), name)
        else:
            raise _missing(name)
        globals()[name] = found
        return found

    def __dir__():
        return sorted({*globals(), *_MODULES, *__getattr__("__all__")})

    def _all_of(module):
        return __getattr__(module).__all__

    def _missing(name):
        return AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""The synchronous twin: the same names, without ``async`` and ``await``."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .client import Client as Client
    from .environments import Environments as Environments
    from .groups import Groups as Groups
    from .items import Items as Items
    from .secrets import Secrets as Secrets
    from .vaults import Vaults as Vaults
else:

    def __getattr__(name: str) -> object:
        # Each is loaded at its first use, as in the package above.
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f".{name.lower()}", __name__), name)


__all__ = ["Client", "Environments", "Groups", "Items", "Secrets", "Vaults"]

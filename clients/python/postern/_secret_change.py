"""What a watch of a secret tells."""

from __future__ import annotations

from typing import NamedTuple


class SecretChange(NamedTuple):
    """A secret may have another value. The value is not told: read it.

    ``renewed`` says that the watch was opened again after the connection was lost. The value may
    have changed meanwhile, or not.
    """

    reference: str
    renewed: bool

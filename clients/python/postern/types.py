"""The types of the official package, under its names."""

from __future__ import annotations

from . import _generated_types, _responses
from ._generated_types import *  # noqa: F403
from ._model import Model as Model
from ._responses import *  # noqa: F403

__all__ = ["Model"]
__all__ += _generated_types.__all__
__all__ += _responses.__all__

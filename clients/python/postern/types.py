"""The types of the official package, under its names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _generated_types, _responses
from ._generated_types import *  # noqa: F403
from ._model import Model as Model
from ._responses import *  # noqa: F403

# Type checkers read no list that is put together. They take the lines above.
if not TYPE_CHECKING:
    __all__ = ["Model", *_generated_types.__all__, *_responses.__all__]

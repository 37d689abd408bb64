"""Every error: those of the agent, one class for each name, and those of this side of the socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _generated_errors, _local_error, _postern_error
from ._generated_errors import *  # noqa: F403
from ._local_error import *  # noqa: F403
from ._model import ValidationError as ValidationError
from ._postern_error import *  # noqa: F403

# Type checkers read no list that is put together. They take the lines above.
if not TYPE_CHECKING:
    __all__ = [
        "ValidationError",
        *_generated_errors.__all__,
        *_local_error.__all__,
        *_postern_error.__all__,
    ]

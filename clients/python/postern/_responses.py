"""The outcomes of batches, as the official package has them."""

from __future__ import annotations

from typing import Dict, Generic, List, Optional, TypeVar

from ._generated_types import (
    Item,
    ItemsGetAllError,
    ItemUpdateFailureReason,
    ResolvedReference,
    ResolveReferenceError,
)
from ._model import Model

__all__ = [
    "E",
    "ItemsDeleteAllResponse",
    "ItemsGetAllResponse",
    "ItemsUpdateAllResponse",
    "ResolveAllResponse",
    "Response",
    "T",
]

E = TypeVar("E")
T = TypeVar("T")


class Response(Model, Generic[T, E]):
    """One outcome of several: a content or an error."""

    content: Optional[T] = None
    error: Optional[E] = None


class ItemsDeleteAllResponse(Model):
    """The outcomes by item id."""

    individual_responses: Dict[str, Response[None, ItemUpdateFailureReason]]


class ItemsGetAllResponse(Model):
    """The outcomes in the order of the request."""

    individual_responses: List[Response[Item, ItemsGetAllError]]


class ItemsUpdateAllResponse(Model):
    """The outcomes in the order of the request."""

    individual_responses: List[Response[Item, ItemUpdateFailureReason]]


class ResolveAllResponse(Model):
    """The outcomes by the reference as it was sent."""

    individual_responses: Dict[str, Response[ResolvedReference, ResolveReferenceError]]

"""The agent's outcomes under the official tags."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Type

from ._generated_types import ItemUpdateFailureReasonTypes, ResolveReferenceErrorTypes
from ._model import Model
from ._postern_error import PosternError
from . import _generated_types as types

# Errors of resolving. Their official texts begin alike.
_RESOLVING = frozenset(
    (
        "invalidReference",
        "vaultNotFound",
        "tooManyVaults",
        "itemNotFound",
        "tooManyItems",
        "noMatchingSections",
        "fieldNotFound",
        "tooManyMatchingFields",
        "incompatibleTotpQuery",
        "incompatibleSshQuery",
        "totpUnavailable",
        "privateKeyUnreadable",
        "sshKeyMetadataNotFound",
        "unsupportedFileFormat",
    )
)

# The official tags that differ from our names.
_RESOLVE_TAGS = {
    "invalidReference": "parsing",
    "incompatibleTotpQuery": "incompatibleTOTPQueryParameterField",
    "totpUnavailable": "unableToGenerateTotpCode",
    "incompatibleSshQuery": "incompatibleSshKeyQueryParameterField",
    "privateKeyUnreadable": "unableToParsePrivateKey",
    # The official text has the capital too.
    "sshKeyMetadataNotFound": "sSHKeyMetadataNotFound",
}

_ITEM_TAGS = {
    "invalidItem": "itemValidationError",
    "notPermitted": "itemStatusPermissionError",
    "versionConflict": "itemStatusIncorrectItemVersion",
    "fileNotFound": "itemStatusFileNotFound",
    "tooLarge": "itemStatusTooBig",
    "itemNotFound": "itemNotFound",
}


def of_resolving(error: PosternError) -> PosternError:
    """The same error in the official words."""
    if error.error_name not in _RESOLVING:
        return error
    return type(error)(
        f"error resolving secret reference: {error.message}",
        error_name=error.error_name,
        code=error.code,
        hint=error.hint,
        incident=error.incident,
    )


def resolve_failure(error: Mapping[str, Any]) -> types.ResolveReferenceError:
    """Why a reference was not resolved."""
    name = str(error.get("name"))
    tag = _RESOLVE_TAGS.get(name, name) if name in _RESOLVING else "other"
    made: types.ResolveReferenceError = _tagged(
        "ResolveReferenceError", ResolveReferenceErrorTypes(tag).value, error
    )
    return made


def update_failure(error: Mapping[str, Any]) -> types.ItemUpdateFailureReason:
    """Why an item was not written or deleted."""
    tag = _ITEM_TAGS.get(str(error.get("name")), "internal")
    made: types.ItemUpdateFailureReason = _tagged(
        "ItemUpdateFailureReason", ItemUpdateFailureReasonTypes(tag).value, error
    )
    return made


def read_failure(error: Mapping[str, Any]) -> types.ItemsGetAllError:
    """Why an item was not read."""
    if error.get("name") == "itemNotFound":
        return types.ItemsGetAllErrorItemNotFound()
    return types.ItemsGetAllErrorInternal(message=str(error.get("message", "")))


def _tagged(union: str, tag: str, error: Mapping[str, Any]) -> Any:
    kind: Type[Model] = getattr(types, union + tag[0].upper() + tag[1:])
    values: Dict[str, Any] = {"message": str(error.get("message", ""))}
    return kind(**values)

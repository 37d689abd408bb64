"""Checks secret references as the agent reads them: the same characters, order of checks and words."""

from __future__ import annotations

import re

from ._table_error import table_error

_PREFIX = "op://"
_LEGAL = re.compile(r"[A-Za-z0-9 \-_.]*")
_VALUES = {"attribute": ("otp", "totp"), "ssh-format": ("openssh",)}

_REASONS = {
    "prefix": 'secret reference is not prefixed with "op://"',
    "character": (
        "invalid character in secret reference:"
        " secret references must only contain alphanumeric, _, . or - characters"
    ),
    "format": (
        "secret reference has invalid format - must be"
        ' "op://<vault>/<item>/[section/]field[?attribute=<attribute-value>]"'
    ),
    "key": "secret reference has invalid query parameter key",
    # The official text has the stray brace too, and programs may compare texts.
    "value": "secret reference has invalid query parameter value}",
}


def check_reference(text: str) -> None:
    """Raises InvalidReferenceError where a text is no reference. A fault in the query comes first."""
    if not text.startswith(_PREFIX):
        raise table_error("invalidReference", _REASONS["prefix"])
    path, *queries = text[len(_PREFIX) :].split("?")
    if len(queries) > 1:
        raise table_error("invalidReference", _REASONS["character"])
    for query in queries:
        _check_query(query)
    if not _LEGAL.fullmatch(path.replace("/", "")):
        raise table_error("invalidReference", _REASONS["character"])
    if not 3 <= len(path.split("/")) <= 4:
        raise table_error("invalidReference", _REASONS["format"])


def _check_query(query: str) -> None:
    parts = query.split("=")
    if len(parts) != 2 or not all(_LEGAL.fullmatch(part) for part in parts):
        raise table_error("invalidReference", _REASONS["format"])
    key, value = parts
    if key not in _VALUES:
        raise table_error("invalidReference", _REASONS["key"])
    if value not in _VALUES[key]:
        raise table_error("invalidReference", _REASONS["value"])

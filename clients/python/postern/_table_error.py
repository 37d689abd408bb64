"""Makes the errors of the table: from an answer of the agent, and for what this client refuses by itself."""

from __future__ import annotations


from ._postern_error import PosternError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Optional


def answered_error(error: Mapping[str, Any]) -> PosternError:
    """The error of an answer, whatever kinds of values it has: a call must end in any case. A name of
    a later agent keeps its message, its number and its hint."""
    # Loaded for the first error. Before it, it would slow the start.
    from ._generated_errors import ERROR_CLASSES

    told = error.get("data")
    data: Mapping[str, Any] = told if isinstance(told, dict) else {}
    name = _text(data.get("name")) or "internal"
    code = error.get("code")
    return ERROR_CLASSES.get(name, PosternError)(
        _text(error.get("message")) or "",
        error_name=name,
        code=code if isinstance(code, int) else None,
        hint=_text(data.get("hint")),
        incident=_text(data.get("incident")),
    )


def _text(value: object) -> Optional[str]:
    return value if isinstance(value, str) else None


def table_error(name: str, detail: Optional[str] = None) -> PosternError:
    """An error of the table by its name. ``detail`` follows the text of its row."""
    from ._generated_errors import ERROR_CLASSES, ERROR_MESSAGES

    text = ERROR_MESSAGES[name]
    return ERROR_CLASSES[name](text if detail is None else f"{text}: {detail}")

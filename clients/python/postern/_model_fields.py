"""The fields of a model, read from its annotations when the first one is made."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from enum import Enum
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Literal,
    Mapping,
    NamedTuple,
    Tuple,
    Type,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from ._instant import dumped_text, in_utc, instant, wire_text

if TYPE_CHECKING:
    from ._model import Model

# Reads a value. A strict one comes from the program, and must be of a known kind.
Reader = Callable[[Any, bool], Any]


class Unfit(Exception):
    """A value of another kind. Its text is the rule."""


class Field(NamedTuple):
    name: str
    alias: str
    read: Reader
    required: bool
    default: Any


_known: Dict[Tuple[Any, ...], Dict[str, Field]] = {}


def fields_of(cls: Type["Model"], arguments: Tuple[Any, ...] = ()) -> Dict[str, Field]:
    """The fields of a class by their names, with these types for its type variables."""
    key = (cls, arguments)
    if key not in _known:
        parameters = getattr(cls, "__parameters__", ())
        replaced = dict(zip(parameters, arguments))
        hints = {
            name: hint for name, hint in get_type_hints(cls).items() if not name.startswith("_")
        }
        _known[key] = {
            name: Field(
                name,
                _alias(name),
                _reader(hint, replaced),
                not hasattr(cls, name),
                getattr(cls, name, None),
            )
            for name, hint in hints.items()
        }
    return _known[key]


def _alias(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _reader(kind: Any, replaced: Mapping[Any, Any]) -> Reader:
    if kind in _plain:
        return _plain[kind]
    if isinstance(kind, TypeVar):
        return _reader(replaced[kind], replaced) if kind in replaced else _anything
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Union:
        return _union(arguments, replaced)
    if origin is list:
        return _list(_reader(arguments[0], replaced))
    if origin is dict:
        return _dict(_reader(arguments[1], replaced))
    if origin is Literal:
        return _tag(arguments[0])
    if origin is not None:
        return _model(origin, tuple(replaced.get(one, one) for one in arguments))
    return _word(kind) if issubclass(kind, Enum) else _model(kind, ())


def _anything(value: Any, _strict: bool) -> Any:
    return value


def _nothing(value: Any, _strict: bool) -> Any:
    if value is not None:
        raise Unfit("None")
    return None


def _text(value: Any, _strict: bool) -> Any:
    if not isinstance(value, str):
        raise Unfit("a str")
    return value


def _whole(value: Any, _strict: bool) -> Any:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unfit("an int")
    return value


def _flag(value: Any, _strict: bool) -> Any:
    if not isinstance(value, bool):
        raise Unfit("a bool")
    return value


def _bytes(value: Any, strict: bool) -> Any:
    try:
        if isinstance(value, str) and not strict:
            return base64.b64decode(value, validate=True)
        if isinstance(value, (bytes, bytearray, list)):
            return bytes(value)
    except (binascii.Error, TypeError, ValueError):
        pass
    raise Unfit("bytes, or a list of numbers from 0 to 255")


def _time(value: Any, _strict: bool) -> Any:
    if isinstance(value, datetime):
        return in_utc(value)
    try:
        return instant(value)
    except (TypeError, ValueError):
        raise Unfit("a datetime, or a text of RFC 3339") from None


_plain: Dict[Any, Reader] = {
    Any: _anything,
    type(None): _nothing,
    str: _text,
    int: _whole,
    bool: _flag,
    bytes: _bytes,
    datetime: _time,
}


def _list(each: Reader) -> Reader:
    def read(value: Any, strict: bool) -> Any:
        if not isinstance(value, (list, tuple)):
            raise Unfit("a list")
        return [each(one, strict) for one in value]

    return read


def _dict(each: Reader) -> Reader:
    def read(value: Any, strict: bool) -> Any:
        if not isinstance(value, Mapping):
            raise Unfit("a mapping")
        return {key: each(one, strict) for key, one in value.items()}

    return read


def _tag(member: Enum) -> Reader:
    def read(value: Any, _strict: bool) -> Any:
        if value != member:
            raise Unfit(repr(member.value))
        return member

    return read


def _word(kind: Type[Enum]) -> Reader:
    def read(value: Any, strict: bool) -> Any:
        try:
            return kind(value)
        except ValueError:
            if strict or not isinstance(value, str):
                raise Unfit(f"one of {kind.__name__}") from None
            return _later_word(kind, value)

    return read


def _later_word(kind: Type[Enum], word: str) -> Enum:
    """A word of a later agent. It has a name and a value as every member has, and is no member."""
    made = str.__new__(cast(Any, kind), word)
    made._name_ = word
    made._value_ = word
    return cast(Enum, made)


def _model(kind: Type["Model"], arguments: Tuple[Any, ...]) -> Reader:
    def read(value: Any, strict: bool) -> Any:
        if isinstance(value, kind):
            return value
        if not isinstance(value, Mapping):
            raise Unfit(f"a {kind.__name__}")
        model = kind.__new__(kind)
        model._fill(value, fields_of(kind, arguments), strict)
        return model

    return read


def _union(kinds: Tuple[Any, ...], replaced: Mapping[Any, Any]) -> Reader:
    readers = [_reader(kind, replaced) for kind in kinds if kind is not type(None)]
    optional = type(None) in kinds
    only = readers[0] if len(readers) == 1 else None

    def read(value: Any, strict: bool) -> Any:
        if optional and value is None:
            return None
        if only is not None:
            return only(value, strict)
        for one in readers:
            try:
                return one(value, strict)
            except (Unfit, ValueError):
                pass
        if strict:
            raise Unfit("one of the kinds of its union")
        return value

    return read


def dumped(value: Any, mode: str, by_alias: bool, exclude_none: bool) -> Any:
    """A value of a field in a dump."""
    if isinstance(value, list):
        return [dumped(one, mode, by_alias, exclude_none) for one in value]
    if isinstance(value, dict):
        return {key: dumped(one, mode, by_alias, exclude_none) for key, one in value.items()}
    if isinstance(value, datetime):
        return dumped_text(value)
    if isinstance(value, bytes):
        return list(value)
    if isinstance(value, Enum):
        return value.value if mode == "json" else value
    if hasattr(value, "model_dump"):
        return value.model_dump(mode=mode, by_alias=by_alias, exclude_none=exclude_none)
    return value


def on_wire(value: Any) -> Any:
    """A value as the agent takes it. What is None and may be left out is left out."""
    if isinstance(value, (list, tuple)):
        return [on_wire(one) for one in value]
    if isinstance(value, datetime):
        return wire_text(value)
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: on_wire(one) for key, one in value.items()}
    later = getattr(value, "_later", None)
    if later is None:
        return value
    fields = ((field, getattr(value, field.name)) for field in fields_of(type(value)).values())
    sent = {field.alias: on_wire(one) for field, one in fields if one is not None or field.required}
    return {**later, **sent}

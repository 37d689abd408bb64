"""The models of the official package without its dependency: keywords in both spellings, model_dump,
model_validate, comparison. Words and fields of a later agent are kept, and go back as they came."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional, Set, Type, TypeVar

from ._model_fields import Field, Unfit, dumped, fields_of

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform  # pyright: ignore[reportMissingModuleSource]
else:

    def dataclass_transform(**_: Any) -> Any:
        return lambda cls: cls


Self = TypeVar("Self", bound="Model")

# Fields whose texts a program must not write into its log by printing a model.
_CONCEALED = frozenset({"value", "secret", "password", "content", "code", "notes"})


class ValidationError(ValueError):
    """A model cannot be made of these values. It names the field and the rule, never the value."""


@dataclass_transform(kw_only_default=True)
class Model:
    """A value of the official package. Fields are plain attributes, and may be assigned."""

    def __init__(self, **values: Any) -> None:
        self._fill(values, fields_of(type(self)), strict=True)

    @classmethod
    def model_validate(cls: Type[Self], obj: Any) -> Self:
        """A model of a mapping, or the model itself. Raises ValidationError."""
        if isinstance(obj, cls):
            return obj
        if not isinstance(obj, Mapping):
            raise ValidationError(f"{cls.__name__} is made of a mapping")
        return cls(**obj)

    @classmethod
    def model_validate_json(cls: Type[Self], json_data: Any) -> Self:
        """A model of a JSON text. Raises ValidationError."""
        try:
            values = json.loads(json_data)
        except ValueError:
            raise ValidationError(f"{cls.__name__} is made of a JSON text") from None
        return cls.model_validate(values)

    @classmethod
    def from_wire(cls: Type[Self], values: Mapping[str, Any]) -> Self:
        """A model of an answer. What a later agent adds is kept."""
        model = cls.__new__(cls)
        model._fill(values, fields_of(cls), strict=False)
        return model

    def model_dump(
        self,
        *,
        mode: str = "python",
        include: Optional[Set[str]] = None,
        exclude: Optional[Set[str]] = None,
        by_alias: bool = False,
        exclude_none: bool = False,
    ) -> Dict[str, Any]:
        """The fields as a dict. Times are texts and bytes are lists of numbers, as officially."""
        values: Dict[str, Any] = {}
        for field in fields_of(type(self)).values():
            value = getattr(self, field.name)
            if (include is not None and field.name not in include) or (
                exclude is not None and field.name in exclude
            ):
                continue
            if not (exclude_none and value is None):
                name = field.alias if by_alias else field.name
                values[name] = dumped(value, mode, by_alias, exclude_none)
        return values

    def model_dump_json(
        self,
        *,
        indent: Optional[int] = None,
        include: Optional[Set[str]] = None,
        exclude: Optional[Set[str]] = None,
        by_alias: bool = False,
        exclude_none: bool = False,
    ) -> str:
        """The same as a JSON text."""
        values = self.model_dump(
            mode="json",
            include=include,
            exclude=exclude,
            by_alias=by_alias,
            exclude_none=exclude_none,
        )
        separators = (",", ":") if indent is None else None
        return json.dumps(values, indent=indent, ensure_ascii=False, separators=separators)

    def model_copy(
        self: Self, *, update: Optional[Mapping[str, Any]] = None, deep: bool = False
    ) -> Self:
        """A copy, with some fields replaced. As officially, the new values are not checked."""
        copied = copy.deepcopy(self) if deep else copy.copy(self)
        copied.__dict__.update(update or {})
        return copied

    def _fill(self, values: Mapping[str, Any], fields: Mapping[str, Field], strict: bool) -> None:
        rest = dict(values)
        for field in fields.values():
            if field.alias in rest:
                value = rest.pop(field.alias)
                rest.pop(field.name, None)
            elif field.name in rest:
                value = rest.pop(field.name)
            elif field.required:
                raise ValidationError(f"{type(self).__name__}.{field.name} is missing")
            else:
                self.__dict__[field.name] = copy.copy(field.default)
                continue
            try:
                self.__dict__[field.name] = field.read(value, strict)
            except Unfit as unfit:
                text = f"{type(self).__name__}.{field.name} must be {unfit}"
                raise ValidationError(text) from None
        # As officially, a keyword that no field has is ignored.
        self.__dict__["_later"] = {} if strict else rest

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        names = fields_of(type(self))
        return all(getattr(self, name) == getattr(other, name) for name in names)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = (f"{name}={self._shown(name)}" for name in fields_of(type(self)))
        return f"{type(self).__name__}({', '.join(shown)})"

    def _shown(self, name: str) -> str:
        value = getattr(self, name)
        return "'…'" if name in _CONCEALED and isinstance(value, (str, bytes)) else repr(value)

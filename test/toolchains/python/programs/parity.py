"""Compares every name of the official package with ours, and prints what differs, one line each."""

import enum
import importlib
import inspect
import typing

import onepassword
import pydantic

import postern

MODULES = [
    "client",
    "defaults",
    "environments",
    "errors",
    "groups",
    "items",
    "items_files",
    "items_shares",
    "secrets",
    "types",
    "vaults",
]


def told(hint):
    """A type as text, without the names of packages."""
    text = (
        str(hint) if typing.get_origin(hint) is not None else getattr(hint, "__name__", str(hint))
    )
    for package in (
        "onepassword.types.",
        "postern._generated_types.",
        "postern._responses.",
        "typing.",
    ):
        text = text.replace(package, "")
    return text


def fields(kind):
    """Each field of a model: its alias, whether it must be there, its type."""
    if issubclass(kind, pydantic.BaseModel):
        hints = typing.get_type_hints(kind)
        return {
            name: (field.alias or name, field.is_required(), told(hints[name]))
            for name, field in kind.model_fields.items()
        }
    from postern._model_fields import fields_of

    hints = typing.get_type_hints(kind)
    return {
        name: (field.alias, field.required, told(hints[name]))
        for name, field in fields_of(kind).items()
    }


def signatures(kind):
    """Each public method: whether it is awaited, and its parameters but for `timeout` and its like."""
    found = {}
    for name, member in inspect.getmembers(
        kind, lambda one: inspect.isfunction(one) or inspect.ismethod(one)
    ):
        # What a group of methods is made of is the inside of both packages.
        if name.startswith("_") and not (name == "__init__" and kind.__name__ == "DesktopAuth"):
            continue
        parameters = [
            (one.name, one.kind.name, one.default is not inspect.Parameter.empty)
            for one in inspect.signature(member).parameters.values()
            if one.kind is not inspect.Parameter.KEYWORD_ONLY
        ]
        found[name] = (inspect.iscoroutinefunction(member), parameters)
    return found


def compare(name, theirs, ours):
    if isinstance(theirs, type) and issubclass(theirs, enum.Enum):
        yield from differences(name, members(theirs), members(ours))
    elif isinstance(theirs, type) and issubclass(theirs, pydantic.BaseModel):
        yield from differences(name, fields(theirs), fields(ours))
    elif isinstance(theirs, type):
        yield from differences(name, signatures(theirs), signatures(ours))
    elif isinstance(theirs, (int, str)):
        yield from differences(name, {"value": theirs}, {"value": ours})


def members(kind):
    return {member.name: member.value for member in kind}


def differences(name, theirs, ours):
    for key in [*theirs, *(key for key in ours if key not in theirs)]:
        if key not in ours:
            yield f"{name}.{key} is missing"
        elif key not in theirs:
            yield f"{name}.{key} is ours alone"
        elif theirs[key] != ours[key]:
            yield f"{name}.{key} differs: {ours[key]}, officially {theirs[key]}"


def main():
    compared = 0
    for name in sorted(onepassword.__all__):
        if not hasattr(postern, name):
            print(f"{name} is missing")
            continue
        compared += 1
        for line in compare(name, getattr(onepassword, name), getattr(postern, name)):
            print(line)
    for module in MODULES:
        theirs = importlib.import_module(f"onepassword.{module}")
        ours = importlib.import_module(f"postern.{module}")
        for name, value in vars(theirs).items():
            own = getattr(value, "__module__", theirs.__name__) == theirs.__name__
            if not name.startswith("_") and own and not inspect.ismodule(value):
                if not hasattr(ours, name):
                    print(f"{module}.{name} is missing")
    print(f"{compared} names compared")


main()

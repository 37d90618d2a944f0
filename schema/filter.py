"""Filters and orders, derived from the declared columns and relations: none is written by hand."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Any, ForwardRef, Union

import strawberry
from strawberry.types.base import StrawberryList, StrawberryOptional
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.lazy_type import LazyType

from schema.mapping import (
    LISTED,
    SOURCE,
    Column,
    Listing,
    Many,
    Measure,
    One,
    Part,
    PublicId,
    Source,
)
from schema.scalars import Date, DateTime

_HERE = sys.modules[__name__]
_SAME = "Equal to. Null is never equal: use isNull."
_VALUE = {
    "eq": _SAME,
    "neq": "Not equal to; false where the value is null.",
    "lt": "Less than; text by code points.",
    "lte": "Less than or equal to.",
    "gt": "Greater than.",
    "gte": "Greater than or equal to.",
}
_SCALARS: dict[Any, tuple[str, tuple[str, ...], bool]] = {
    str: ("String", tuple(_VALUE), True),
    strawberry.ID: ("ID", ("eq", "neq"), False),
    int: ("Int", tuple(_VALUE), False),
    float: ("Float", tuple(_VALUE), False),
    bool: ("Boolean", ("eq", "neq"), False),
    Date: ("Date", tuple(_VALUE), False),
    DateTime: ("DateTime", tuple(_VALUE), False),
}
_IMPLEMENTATIONS: dict[str, tuple[type, ...]] = {}


@strawberry.enum(description="Which way a list is sorted. Null comes last either way.")
class Direction(Enum):
    """Name a direction."""

    ASC = "ASC"
    DESC = "DESC"


def reference(name: str) -> Any:
    """Give the annotation of a derived input, made or still to be made."""
    return Annotated[ForwardRef(name), strawberry.lazy(__name__)]


def maybe(annotation: Any) -> Any:
    """Give the annotation of what may be left out."""
    return Union[annotation, None]  # noqa: UP007 - a value, not an annotation


def many(annotation: Any) -> Any:
    """Give the annotation of a list."""
    return list.__class_getitem__(annotation)


def vocabulary(title: str, values: dict[str, Any], description: str) -> Any:
    """Make an enumeration."""
    make: Any = Enum
    return strawberry.enum(make(title, values), description=description)


def derive(type_: type, implementations: tuple[type, ...] = ()) -> None:
    """Make the filter and the list filter of a type, and of all that it leads to."""
    name = type_.__name__
    if hasattr(_HERE, f"{name}Filter"):
        return
    if implementations:
        _IMPLEMENTATIONS[name] = implementations
    fields: dict[str, tuple[Any, str]] = {}
    later: list[type] = []
    setattr(_HERE, f"{name}Filter", None)
    for member in (type_, *_IMPLEMENTATIONS.get(name, ())):
        for field, source in _declared(member):
            inner = None if isinstance(source, Listing) else _inner(field.type)
            found = _of_field(field, source, inner, later)
            if found is not None:
                fields.setdefault(field.python_name, (found, field.description or ""))
    if _IMPLEMENTATIONS.get(name):
        kinds = [each.__name__ for each in _IMPLEMENTATIONS[name]]
        enum = vocabulary(
            f"{name}Type", {kind: kind for kind in kinds}, f"The types that implement {name}."
        )
        fields["type"] = (_enum_filter(enum, f"{name}Type"), "Which type it is.")
    _make_filter(name, fields)
    for each in later:
        derive(each)


def _declared(type_: type) -> Iterator[tuple[Any, Source]]:
    for field in type_.__strawberry_definition__.fields:  # type: ignore[attr-defined]
        source = field.metadata.get(SOURCE)
        if source is not None:
            yield field, source


def _inner(annotation: Any) -> Any:
    """Give the type within an optional; None for a list of scalars."""
    if isinstance(annotation, StrawberryOptional):
        return _inner(annotation.of_type)
    if isinstance(annotation, StrawberryList):
        inner = _inner(annotation.of_type)
        return inner if isinstance(inner, type) and _is_object(inner) else None
    if isinstance(annotation, LazyType):
        return annotation.resolve_type()
    return annotation


def _is_object(type_: Any) -> bool:
    return hasattr(type_, "__strawberry_definition__")


def _of_field(field: Any, source: Source, inner: Any, later: list[type]) -> Any:
    match source:
        case Column() | PublicId() if inner is not None:
            return _value_filter(inner)
        case One() | Part():
            later.append(inner)
            return reference(f"{inner.__name__}Filter")
        case Many():
            later.append(inner)
            return reference(f"{inner.__name__}ListFilter")
        case Listing(local=local) if local is not None:
            return reference(f"{field.metadata[LISTED].type_name}ListFilter")
        case Measure():
            return _measure_filter(field, inner)
        case _:
            return None


def _value_filter(inner: Any) -> Any:
    if isinstance(inner, StrawberryEnumDefinition):
        return _enum_filter(inner.wrapped_cls, inner.name)
    name, comparisons, text = _SCALARS[inner]
    return _make_value_filter(name, inner, comparisons, text=text)


def _enum_filter(enum: Any, name: str) -> Any:
    return _make_value_filter(name, enum, ("eq", "neq"), text=False)


def _make_value_filter(name: str, inner: Any, comparisons: tuple[str, ...], *, text: bool) -> Any:
    title = f"{name}Filter"
    if not hasattr(_HERE, title):
        fields = {each: (maybe(inner), _VALUE[each]) for each in comparisons}
        fields["in"] = (maybe(many(inner)), "One of; of none, never.")
        fields["isNull"] = (maybe(bool), "True: the value is null. False: it is not.")
        if text:
            fields["startsWith"] = (maybe(str), "Begins with, to the letter.")
        _make(title, fields, f"What {name} must be; every condition given must hold.")
    return reference(title)


def _measure_filter(field: Any, inner: Any) -> Any:
    title = f"{inner.wrapped_cls.__name__}ValueFilter"
    if not hasattr(_HERE, title):
        fields: dict[str, tuple[Any, str]] = {
            argument.python_name: (argument.type, argument.description or "")
            for argument in field.arguments
        }
        value = inner.wrapped_cls
        fields["eq"] = (maybe(value), _SAME)
        fields["neq"] = (maybe(value), _VALUE["neq"])
        fields["in"] = (maybe(many(value)), "One of; of none, never.")
        _make(title, fields, field.description or "")
    return reference(title)


def _make_filter(name: str, fields: dict[str, tuple[Any, str]]) -> None:
    title = f"{name}Filter"
    inputs = {each: (maybe(found), text) for each, (found, text) in fields.items()}
    own = reference(title)
    inputs["and"] = (maybe(many(own)), "All of them hold.")
    inputs["or"] = (maybe(many(own)), "At least one of them holds.")
    inputs["not"] = (maybe(own), "It does not hold, be it false or unknown.")
    _make(title, inputs, f"Conditions on {name}; every one given must hold.")
    _make(
        f"{name}ListFilter",
        {
            "some": (maybe(own), "At least one that the viewer may see matches."),
            "none": (maybe(own), "None that the viewer may see matches."),
            "every": (
                maybe(own),
                "All that the viewer may see match; so they do where none is.",
            ),
        },
        f"Conditions on a list of {name}, over what the viewer may see.",
    )


def derive_listed(type_: type) -> None:
    """Make the filter and the order of what a type's connections list, and of what those list."""
    for field, source in _declared(type_):
        if isinstance(source, Listing):
            listed = field.metadata[LISTED].resolve_type()
            if not hasattr(_HERE, f"{listed.__name__}Order"):
                derive(listed)
                derive_order(listed)
                derive_listed(listed)


def derive_order(type_: type) -> None:
    """Make the order of a type: by its columns, and those of the types that implement it."""
    name = type_.__name__
    sortable: dict[str, str] = {}
    for member in (type_, *_IMPLEMENTATIONS.get(name, ())):
        for field, source in _declared(member):
            if isinstance(source, Column | PublicId) and _inner(field.type) is not None:
                sortable.setdefault(_camel(field.python_name), field.description or "")
    values = {
        each: strawberry.enum_value(each, description=text) for each, text in sortable.items()
    }
    by = vocabulary(f"{name}OrderField", values, f"What a list of {name} can be sorted by.")
    _make(
        f"{name}Order",
        {
            "by": (by, "The field to sort by."),
            "direction": (Direction, "Which way.", Direction.ASC),
        },
        f"How a list of {name} is sorted; ties follow the default order.",
    )


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _make(title: str, fields: dict[str, Any], description: str) -> None:
    namespace: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    for name, (annotation, text, *default) in fields.items():
        attribute = f"{name}_"
        namespace["__annotations__"][attribute] = annotation
        optional = default[0] if default else strawberry.UNSET
        required = not default and not _is_optional(annotation)
        namespace[attribute] = (
            strawberry.field(name=_camel(name), description=text)
            if required
            else strawberry.field(name=_camel(name), description=text, default=optional)
        )
    made = strawberry.input(type(title, (), namespace), description=description)
    setattr(_HERE, title, made)


def _is_optional(annotation: Any) -> bool:
    return type(None) in getattr(annotation, "__args__", ())

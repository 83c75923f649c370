"""JSON values into records: a dataclass says which keys are read, and of what kind and range.

Keys that no record names are passed over, so that a newer file with more keys can still be read.
"""

from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from reprlib import repr as shortened
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

Record = TypeVar("Record")


@dataclass(frozen=True)
class Within:
    """The range of a number, both ends included."""

    low: float
    high: float


Count = Annotated[int, Within(0, 10**15)]
Fraction = Annotated[float, Within(0, 1)]
Loss = Annotated[float, Within(0, 1e300)]
Rate = Annotated[float, Within(1e-300, 1e6)]
"""Bounded so that no arithmetic on a hostile number can overflow."""


def decode(kind: type[Record], value: Any) -> Record:
    """`value`, as `json.loads` returns it, as the dataclass `kind`.

    Raises:
        ValueError: a key is missing, or its value is of another kind or out of range; the message names it.
    """
    record: Record = _decode(kind, value, "")
    return record


def _decode(kind: Any, value: Any, place: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        found = _decode(arguments[0], value, place)
        low, high = arguments[1].low, arguments[1].high
        if not low <= found <= high:
            raise ValueError(f"{place} must be from {low:g} to {high:g}, not {shortened(value)}")
        return found
    if origin in (Union, UnionType):  # only ever "something or null"
        return None if value is None else _decode(arguments[0], value, place)
    if origin is tuple:
        items = _as(list, "a list", value, place)
        return tuple(_decode(arguments[0], each, f"{place}[{i}]") for i, each in enumerate(items))
    if origin is dict:
        table = _as(dict, "an object", value, place)
        return {key: _decode(arguments[1], each, f"{place}.{key}") for key, each in table.items()}
    if is_dataclass(kind):
        return _decode_record(kind, value, place)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return value  # JSON writers may drop a ".0"; as an int it is compared with its range without overflow
    return _as(kind, {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}[kind], value, place)


def _decode_record(kind: Any, value: Any, place: str) -> Any:
    table = _as(dict, "an object", value, place or "it")
    values = {}
    for field in fields(kind):
        inner = f"{place}.{field.name}" if place else field.name
        if field.name not in table:
            raise ValueError(f"{inner} is missing")
        values[field.name] = _decode(_hints(kind)[field.name], table[field.name], inner)
    return kind(**values)


def _as(kind: type, name: str, value: Any, place: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{place} must be {name}, not {shortened(value)}")
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)

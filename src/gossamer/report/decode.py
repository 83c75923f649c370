"""JSON values into records: a dataclass says which keys are read, and of what kind and range.

Keys that no record names are passed over, so that a newer file with more keys can still be read; what has a
default may be missing, so that an older one can.
"""

from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from reprlib import repr as shortened
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

Record = TypeVar("Record")


@dataclass(frozen=True)
class Within:
    """The range of a number, both ends included; it keeps arithmetic on a hostile number from overflowing."""

    low: float
    high: float


Count = Annotated[int, Within(0, 10**15)]
Fraction = Annotated[float, Within(0, 1)]
Loss = Annotated[float, Within(0, 1e300)]
Difference = Annotated[float, Within(-1e300, 1e300)]
Rate = Annotated[float, Within(1e-300, 1e6)]

_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def decode(kind: type[Record], value: Any) -> Record:
    """`value`, as `json.loads` returns it, as the dataclass `kind`.

    Raises:
        ValueError: a key is missing, or its value is of another kind or out of range; the message names it.
    """
    record: Record = _decode(kind, value, "")
    return record


def _decode(kind: Any, value: Any, place: str) -> Any:
    if is_dataclass(kind):
        return _decode_record(kind, value, place)
    if get_args(kind):
        return _decode_generic(kind, value, place)
    if kind is float and isinstance(value, int):
        _as(int, "a number", value, place)
        return value  # JSON may drop a ".0"; an int meets its range without overflow, a float() might not
    return _as(kind, _NAMES[kind], value, place)


def _decode_generic(kind: Any, value: Any, place: str) -> Any:
    origin, (inner, *more) = get_origin(kind), get_args(kind)
    if origin is Annotated:
        found, within = _decode(inner, value, place), more[0]
        if not within.low <= found <= within.high:
            raise ValueError(
                f"{place} must be from {within.low:g} to {within.high:g}, not {shortened(value)}"
            )
        return found
    if origin is tuple:
        items = _as(list, "a list", value, place)
        return tuple(_decode(inner, each, f"{place}[{i}]") for i, each in enumerate(items))
    if origin is dict:
        table = _as(dict, "an object", value, place)
        return {key: _decode(more[0], each, f"{place}.{key}") for key, each in table.items()}
    return None if value is None else _decode(inner, value, place)  # the one kind left: something or None


def _decode_record(kind: Any, value: Any, place: str) -> Any:
    table = _as(dict, "an object", value, place or "its content")
    values = {}
    for field in fields(kind):
        inner = f"{place}.{field.name}" if place else field.name
        if field.name not in table and field.default is not MISSING:
            continue
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

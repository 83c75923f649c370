"""Records to JSON values and back: a dataclass says which keys there are, and of what kind and range.

What is read is checked strictly. Keys that no record names are skipped, and a key with a default may be
missing, so that a new figure leaves both older and newer files of a format readable.
"""

from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from math import isnan
from pathlib import Path
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


def encode(record: Any) -> Any:
    """The record as JSON values."""
    if is_dataclass(record):
        return {field.name: encode(getattr(record, field.name)) for field in fields(record)}
    if isinstance(record, dict):
        return {key: encode(value) for key, value in record.items()}
    if isinstance(record, Path):
        return str(record)
    return [encode(each) for each in record] if isinstance(record, tuple | list) else record


def decode(kind: type[Record], value: Any) -> Record:
    """`value`, as `json.loads` returns it, as the dataclass `kind`.

    Raises:
        ValueError: a key is missing, or its value is of another kind or out of range; the message names it.
    """
    record: Record = decode_at("", kind, value)
    return record


def collect(kind: type[Record], *sources: object, **given: Any) -> Record:
    """The record `kind` of values `given`, and of what the first of `sources` with such an attribute has.

    A figure that is NaN (a fit diverged) is None in a record.
    """
    values = {
        field.name: given[field.name]
        if field.name in given
        else next(getattr(each, field.name) for each in sources if hasattr(each, field.name))
        for field in fields(kind)  # type: ignore[arg-type]
    }
    hints = _hints(kind)  # type: ignore[arg-type]
    return kind(**{name: _collected(hints[name], value) for name, value in values.items()})


def _collected(kind: Any, value: Any) -> Any:
    if get_origin(kind) is tuple:
        return tuple(_collected(get_args(kind)[0], each) for each in value)
    if is_dataclass(kind):
        return value if isinstance(value, kind) else collect(kind, value)  # type: ignore[arg-type]
    if value is not None and (
        inner := [each for each in get_args(kind) if isinstance(each, type) and is_dataclass(each)]
    ):
        return _collected(inner[0], value)
    return None if isinstance(value, float) and isnan(value) else value


def decode_at(place: str, kind: Any, value: Any) -> Any:
    """`value`, which stands at `place`, as `kind`: a dataclass, a type, or a class with its own `decode_at`.

    Raises:
        ValueError: as `decode`.
    """
    if is_dataclass(kind):
        return _decode_record(kind, value, place)
    if hasattr(kind, "decode_at"):
        return kind.decode_at(place, checked(dict, "an object", value, place))
    if get_args(kind):
        return _decode_generic(kind, value, place)
    if kind is float and isinstance(value, int):
        checked(int, "a number", value, place)
        return value  # JSON may drop a ".0"; an int meets its range without overflow, a float() might not
    return checked(kind, _NAMES[kind], value, place)


def _decode_generic(kind: Any, value: Any, place: str) -> Any:
    origin, (inner, *more) = get_origin(kind), get_args(kind)
    if origin is Annotated:
        found, within = decode_at(place, inner, value), more[0]
        if not within.low <= found <= within.high:
            raise ValueError(
                f"{place} must be from {within.low:g} to {within.high:g}, not {shortened(value)}"
            )
        return found
    if origin is tuple:
        items = checked(list, "a list", value, place)
        return tuple(decode_at(f"{place}[{i}]", inner, each) for i, each in enumerate(items))
    if origin is dict:
        table = checked(dict, "an object", value, place)
        return {key: decode_at(f"{place}.{key}", more[0], each) for key, each in table.items()}
    return None if value is None else decode_at(place, inner, value)  # the one kind left: something or None


def _decode_record(kind: Any, value: Any, place: str) -> Any:
    table = checked(dict, "an object", value, place or "its content")
    values = {}
    for field in fields(kind):
        inner = f"{place}.{field.name}" if place else field.name
        if field.name not in table and field.default is not MISSING:
            continue
        if field.name not in table:
            raise ValueError(f"{inner} is missing")
        values[field.name] = decode_at(inner, _hints(kind)[field.name], table[field.name])
    return kind(**values)


def checked(kind: type, name: str, value: Any, place: str) -> Any:
    """`value` if it is a `kind`, which people call `name`.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{place} must be {name}, not {shortened(value)}")
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)

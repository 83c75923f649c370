"""The model file: byte-stable, read back whole, and never trusted.

A hostile file is a line in `HOSTILE`: its bytes, and words that its error must hold.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import save

from gossamer.errors import ModelFileError
from gossamer.network import Architecture, Model, Scaling, initial_weights, load_model
from gossamer.seeds import derive_seed

NETWORK = Architecture.parse("conv2 pool dense", (4, 5, 1), 3)
MODEL = Model(
    NETWORK,
    initial_weights(NETWORK, derive_seed("model")),
    Scaling(),
    ("bag", "Löwe", "a b"),
    {"data": "tiny", "seed": 0, "numerics": "none"},
)


def saved(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_model_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    MODEL.save(path)
    back = load_model(path)
    assert (back.network, back.scaling, back.classes) == (MODEL.network, MODEL.scaling, MODEL.classes)
    assert back.provenance == MODEL.provenance
    assert list(back.weights) == list(MODEL.weights)
    for name, array in MODEL.weights.items():
        np.testing.assert_array_equal(back.weights[name], array)
        assert back.weights[name].dtype == np.float32
    assert back.hash == MODEL.hash
    assert back.to_bytes() == MODEL.to_bytes() == path.read_bytes()


def test_class_names_are_kept_in_their_normal_form() -> None:
    assert replace(MODEL, classes=("bag", "Lo\u0308we", "a b ")).classes == MODEL.classes


def test_equal_models_are_equal_bytes_whatever_the_order_they_were_made_in() -> None:
    shuffled = replace(
        MODEL,
        weights={name: MODEL.weights[name] for name in reversed(MODEL.weights)},
        provenance=dict(reversed(MODEL.provenance.items())),
    )
    assert shuffled.to_bytes() == MODEL.to_bytes()
    assert shuffled.hash == MODEL.hash


def test_equal_weights_are_equal_bytes_however_they_lie_in_memory() -> None:
    turned = replace(MODEL, weights={name: np.asfortranarray(array) for name, array in MODEL.weights.items()})
    assert turned.hash == MODEL.hash
    assert turned.to_bytes() == MODEL.to_bytes()


def test_the_hash_sees_all_that_decides_an_answer() -> None:
    names = replace(MODEL, classes=("x", "y", "z"), provenance={})
    assert names.hash == MODEL.hash
    assert names.to_bytes() != MODEL.to_bytes()
    others = [
        replace(MODEL, scaling=Scaling(0, 1)),
        replace(MODEL, scaling=Scaling(1, 255)),
        replace(MODEL, network=Architecture.parse("conv2 pool dense", (5, 4, 1), 3)),
    ]
    for name, array in MODEL.weights.items():
        for position in (0, -1):
            changed = array.copy()
            changed.flat[position] = np.nextafter(changed.flat[position], np.float32(inf))
            others.append(replace(MODEL, weights=MODEL.weights | {name: changed}))
    hashes = {other.hash for other in others}
    assert len(hashes) == len(others)
    assert MODEL.hash not in hashes


def described(weights: Mapping[str, NDArray[Any]] = MODEL.weights, **changes: Any) -> bytes:
    """A file whose description differs from a good one's; `...` leaves a key out."""
    description = {
        "layers": "conv2 pool dense",
        "input_shape": [4, 5, 1],
        "classes": ["bag", "shoe", "hat"],
        "scaling": {"minimum": 0.0, "maximum": 255.0},
        "provenance": {},
    }
    kept = {key: value for key, value in (description | changes).items() if value is not ...}
    return save(dict(weights), {"gossamer": json.dumps(kept)})


def with_array(name: str, array: NDArray[Any]) -> bytes:
    """A file with one array in place of a good one, or beside them."""
    return described({**MODEL.weights, name: array})


def raw(header: str, body: bytes = b"") -> bytes:
    return len(header.encode()).to_bytes(8, "little") + header.encode() + body


GOOD = MODEL.to_bytes()
ARRAYS = "its arrays are not the float32 weights of 'conv2 pool dense'"
NO_FILE, NO_SENSE = "no safetensors file (", "its description cannot be understood ("
HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", NO_FILE),
    "text": (b"[data]\nsource = 'x'\n" * 9, NO_FILE),
    "a pickle": (b"\x80\x04\x95" + bytes(100), NO_FILE),
    "cut in the header": (GOOD[:20], NO_FILE),
    "cut in the arrays": (GOOD[:-1], NO_FILE),
    "a byte too many": (GOOD + b"x", NO_FILE),
    "a header of 4 EiB": ((1 << 62).to_bytes(8, "little") + b"{}", NO_FILE),
    "an array of 8 EiB": (
        raw('{"a":{"dtype":"F32","shape":[2305843009213693952],"data_offsets":[0,9223372036854775808]}}'),
        NO_FILE,
    ),
    "overlapping arrays": (
        raw(
            '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},'
            '"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
            bytes(4),
        ),
        NO_FILE,
    ),
    "an element type that numpy lacks": (
        raw('{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}', bytes(4)),
        NO_FILE,
    ),
    "not ours": (save(MODEL.weights), "has no 'gossamer' metadata; expected a gossamer model"),
    "no JSON": (save(MODEL.weights, {"gossamer": "{"}), NO_SENSE),
    "two classes of one name": (described(classes=["crane", "dog", "crane"]), "are called 'crane'"),
    "two names that read the same": (
        described(classes=["K\u00fche", "dog", "Ku\u0308he "]),
        "called 'K\u00fche'",
    ),
    "a classifier's range, which no other reader knew": (
        described(provenance={"estimator": {"range": [0.0, 16.0]}}),
        "saved by an earlier gossamer; fit it again",
    ),
    "a temperature of 0": (described(temperature=0.0), "a temperature of 0.0 is not above 0"),
    "values in steps of 0": (described(values={"zero": 0.0, "step": 0.0}), NO_SENSE),
    "an estimator that is a list": (described(provenance={"estimator": [1]}), NO_SENSE),
    "a list": (save(MODEL.weights, {"gossamer": "[]"}), NO_SENSE),
    "a bomb of lists": (save(MODEL.weights, {"gossamer": "[" * 100_000}), NO_SENSE),
    "a bomb of objects": (save(MODEL.weights, {"gossamer": '{"a":' * 100_000}), NO_SENSE),
    "a number of 5,000 digits": (save(MODEL.weights, {"gossamer": "9" * 5_000}), NO_SENSE),
    "no layers": (described(layers=...), NO_SENSE),
    "an unknown layer": (described(layers="conv2 lstm dense"), "word 2, 'lstm', is unknown"),
    "a layer over two lines": (described(layers="conv2\nlstm\ndense"), "word 2, 'lstm', is unknown"),
    "another network": (described(layers="conv2 dense"), "weights of 'conv2 dense'"),
    "no classes": (described(classes=...), NO_SENSE),
    "one class": (described(classes=["bag"]), "a classifier needs at least 2 classes; got 1"),
    "classes too few": (described(classes=["bag", "shoe"]), ARRAYS),
    "classes as one text": (described(classes="bag"), NO_SENSE),
    "a shape of two numbers": (described(input_shape=[4, 5]), NO_SENSE),
    "a shape below nothing": (described(input_shape=[-4, 5, 1]), "an input of -4x5x1 is empty"),
    "a shape of a million million": (described(input_shape=[10**12, 10**12, 1]), ARRAYS),
    "an endless shape": (described(input_shape=[inf, 5, 1]), NO_SENSE),
    "a shape in fractions": (described(input_shape=[4.7, 5, 1]), NO_SENSE),
    "scaling to NaN": (described(scaling={"minimum": 0, "maximum": nan}), NO_SENSE),
    "scaling to infinity": (described(scaling={"minimum": 0, "maximum": inf}), NO_SENSE),
    "scaling of no width": (described(scaling={"minimum": 5, "maximum": 5}), "from 5.0 to 5.0 has no width"),
    "scaling of another kind": (described(scaling={"mean": 5}), NO_SENSE),
    "no provenance": (described(provenance=...), NO_SENSE),
    "NaN in the provenance": (described(provenance={"seed": nan}), NO_SENSE),
    "double precision": (with_array("dense.bias", np.zeros(3)), ARRAYS),
    "an array too many": (with_array("more", np.zeros(3, np.float32)), ARRAYS),
    "an array of another shape": (with_array("dense.bias", np.zeros((3, 1), np.float32)), ARRAYS),
    "a weight that is no number": (with_array("dense.bias", np.full(3, nan, np.float32)), "dense.bias"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_in_one_line(tmp_path: Path, case: str) -> None:
    content, expected = HOSTILE[case]
    path = saved(tmp_path / "model.safetensors", content)
    with pytest.raises(ModelFileError) as caught:
        load_model(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert expected in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (lambda folder: folder / "none", "no such file; the models that come with gossamer are "),
        (lambda folder: folder, "a folder without model.safetensors; expected a model file"),
    ],
    ids=["nothing there", "a folder"],
)
def test_no_file_is_refused_in_one_line(tmp_path: Path, place: Callable[[Path], Path], line: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        load_model(place(tmp_path))
    assert line in str(caught.value)


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    with path.open("wb") as file:
        file.truncate((1 << 30) + 1)  # sparse: it takes no space
    with pytest.raises(ModelFileError, match="1,073,741,825 bytes; a model file has at most 1,073,741,824"):
        load_model(path)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, len(GOOD) - 1), byte=st.integers(0, 255))
def test_a_changed_byte_is_refused_or_read_but_never_breaks_the_reader(
    tmp_path: Path, position: int, byte: int
) -> None:
    damaged = GOOD[:position] + bytes([byte]) + GOOD[position + 1 :]
    try:
        model = load_model(saved(tmp_path / "model.safetensors", damaged))
    except ModelFileError as error:
        assert "\n" not in str(error)  # noqa: PT017 - the error is one of two right answers
    else:
        assert {name: array.shape for name, array in model.weights.items()} == model.network.weight_shapes

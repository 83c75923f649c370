"""A trained model as a value, and the one file it lives in."""

import json
from dataclasses import dataclass
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open

from gossamer.arrays import arrays_to_bytes
from gossamer.errors import ModelFileError, SettingError
from gossamer.files import canonical_json, write_atomically
from gossamer.network.architecture import Architecture
from gossamer.network.weights import Weights

if TYPE_CHECKING:
    from torch import nn

METADATA_KEY = "gossamer"
MAX_FILE_BYTES = 1 << 30


@dataclass(frozen=True)
class Scaling:
    """Min-max scaling of a pixel to [0, 1]: (pixel - minimum) / (maximum - minimum)."""

    minimum: float = 0.0
    maximum: float = 255.0


@dataclass(frozen=True, eq=False, repr=False)
class Model:
    """A network with its weights, the scaling of its pixels, its classes' names and where it comes from."""

    network: Architecture
    weights: Weights
    scaling: Scaling
    classes: tuple[str, ...]
    provenance: dict[str, Any]

    def __repr__(self) -> str:
        height, width, channels = self.network.input_shape
        return (
            f"<Model {self.network.words!r}: {self.network.parameters:,} parameters,"
            f" {height}x{width}x{channels} to {len(self.classes)} classes>"
        )

    @property
    def hash(self) -> str:
        """SHA-256 of all that decides the model's answers: network, scaling and weights, not the names."""
        digest = sha256(canonical_json(self._description()).encode())
        for name in self.network.weight_shapes:
            digest.update(self.weights[name].astype("<f4").tobytes())
        return digest.hexdigest()

    def _description(self) -> dict[str, Any]:
        return {
            "layers": self.network.words,
            "input_shape": list(self.network.input_shape),
            "scaling": {"minimum": self.scaling.minimum, "maximum": self.scaling.maximum},
        }

    def to_bytes(self) -> bytes:
        """The model as a safetensors file whose metadata has one key; equal models give equal bytes."""
        metadata = self._description() | {"classes": list(self.classes), "provenance": self.provenance}
        return arrays_to_bytes(self.weights, {METADATA_KEY: canonical_json(metadata)})

    def to_torch(self) -> "nn.Sequential":
        """The model as a torch.nn module from pixels (N, C, H, W), as they are in images, to logits."""
        from gossamer.network.torch_module import module_of  # noqa: PLC0415 - torch is an extra

        return module_of(self)

    def save(self, path: Path) -> None:
        """Write the model to `path`, whole or not at all."""
        write_atomically(path, self.to_bytes())


def load_model(path: Path) -> Model:
    """Read a model file.

    Raises:
        ModelFileError: the file is missing, too large, no safetensors file, was not written by gossamer,
            or its arrays are not those of its network.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ModelFileError(f"{path}: {size:,} bytes; a model file has at most {MAX_FILE_BYTES:,}")
        with safe_open(path, framework="numpy") as file:
            metadata = (file.metadata() or {}).get(METADATA_KEY)
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (SafetensorError, TypeError, ValueError, AttributeError) as error:  # NumPy lacks some of its types
        raise ModelFileError(f"{path}: no safetensors file ({error}); expected a gossamer model") from error
    if metadata is None:
        raise ModelFileError(f"{path}: has no {METADATA_KEY!r} metadata; expected a gossamer model")
    try:
        network, scaling, classes, provenance = _understood(json.loads(metadata, parse_constant=_no_number))
    except (ValueError, TypeError, KeyError, AttributeError, SettingError, RecursionError) as error:
        raise ModelFileError(f"{path}: its description cannot be understood ({error})") from error
    if not (isfinite(scaling.minimum) and isfinite(scaling.maximum) and scaling.minimum < scaling.maximum):
        raise ModelFileError(f"{path}: scaling from {scaling.minimum} to {scaling.maximum} has no width")
    found = {name: array.shape for name, array in weights.items()}
    if found != network.weight_shapes or any(array.dtype != np.float32 for array in weights.values()):
        raise ModelFileError(f"{path}: its arrays are not the float32 weights of {network.words!r}")
    for name, array in weights.items():
        if not np.isfinite(array).all():
            raise ModelFileError(f"{path}: {name} holds a weight that is no finite number")
    in_order = {name: weights[name] for name in network.weight_shapes}
    return Model(network, in_order, scaling, classes, provenance)


def _understood(description: dict[str, Any]) -> tuple[Architecture, Scaling, tuple[str, ...], dict[str, Any]]:
    classes, shape = description["classes"], description["input_shape"]
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise TypeError("its classes are no list of names")
    if not isinstance(shape, list) or [type(size) for size in shape] != [int] * 3:
        raise TypeError("its input shape is no list of three whole numbers")
    network = Architecture.parse(str(description["layers"]), (shape[0], shape[1], shape[2]), len(classes))
    scaling = Scaling(**{key: float(value) for key, value in description["scaling"].items()})
    return network, scaling, tuple(classes), dict(description["provenance"])


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")

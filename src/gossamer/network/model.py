"""A trained model as a value, and the one file it lives in."""

import json
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from hashlib import sha256
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from scipy.special import softmax

from gossamer.arrays import arrays_to_bytes
from gossamer.class_names import distinct_names
from gossamer.errors import DataError, GossamerError, ModelFileError
from gossamer.files import canonical_json, write_atomically
from gossamer.models import model_names, named_model
from gossamer.network.architecture import Architecture
from gossamer.network.fold import fold_weights
from gossamer.network.graph import Weights
from gossamer.network.scaling import PIXELS, Scaling, Values

if TYPE_CHECKING:
    from torch import nn

FILE_NAME = "model.safetensors"
"""A study's model in its folder."""
METADATA_KEY = "gossamer"
MAX_FILE_BYTES = 1 << 30


@dataclass(frozen=True, eq=False, repr=False)
class Model:
    """A network with all that it takes to answer.

    Attributes:
        network: the architecture.
        weights: its weights.
        scaling: how pixels become the network's inputs.
        classes: the classes' names, in the order of the logits, all different and as `normal_name`.
        provenance: where the model comes from.
        values: how numbers of the data that it was trained on become pixels.
        temperature: what logits are divided by before the softmax, so that probabilities are calibrated
            (Guo et al. 2017, section 4.2).

    Raises:
        DataError: two classes have one name.
    """

    network: Architecture
    weights: Weights
    scaling: Scaling
    classes: tuple[str, ...]
    provenance: dict[str, Any]
    values: Values = PIXELS
    temperature: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", distinct_names(self.classes))

    def __repr__(self) -> str:
        height, width, channels = self.network.input_shape
        return (
            f"<Model {self.network.words!r}: {self.network.parameters:,} parameters,"
            f" {height}x{width}x{channels} to {len(self.classes)} classes>"
        )

    @cached_property
    def folded(self) -> "Model":
        """The model as it is deployed, without norms: the same answers within rounding."""
        if self.network.folded is self.network:
            return self
        return replace(
            self, network=self.network.folded, weights=fold_weights(self.network.graph, self.weights)
        )

    @property
    def hash(self) -> str:
        """SHA-256 of all that decides the model's logits: network, scaling and weights."""
        digest = sha256(canonical_json(self._description()).encode())
        for name in self.network.weight_shapes:
            digest.update(self.weights[name].astype("<f4").tobytes())
        return digest.hexdigest()

    @property
    def picture_background(self) -> str | None:
        """What the training pictures were laid on ("white"); None where it was black, or is not known."""
        found = self.provenance.get("picture_background")
        return found if isinstance(found, str) else None

    def _description(self) -> dict[str, Any]:
        values = {} if self.values == PIXELS else {"values": asdict(self.values)}
        return {
            "layers": self.network.words,
            "input_shape": list(self.network.input_shape),
            "scaling": asdict(self.scaling),
            **values,
        }

    def to_bytes(self) -> bytes:
        """The model as a safetensors file whose metadata has one key; equal models give equal bytes."""
        metadata = self._description() | {"classes": list(self.classes), "provenance": self.provenance}
        if self.temperature != 1:
            metadata["temperature"] = self.temperature
        return arrays_to_bytes(self.weights, {METADATA_KEY: canonical_json(metadata)})

    def probabilities(self, logits: NDArray[np.floating]) -> NDArray[np.float64]:
        """The calibrated probabilities (N, classes) that `logits` (N, classes) stand for."""
        return np.asarray(softmax(logits.astype(np.float64) / self.temperature, axis=1))

    def check_takes_pixels(self) -> None:
        """See that pictures have the numbers that the model was trained on.

        Raises:
            DataError: it was trained on others, which no picture and no data set here holds.
        """
        if not self.values.are_pixels:
            low, high = self.values.range
            raise DataError(
                f"the model was trained on numbers from {low:.6g} to {high:.6g}, not on pixels 0 to 255: use"
                " it in Python (LightweightCNNClassifier.load), or fit it on uint8 or on pixels / 255"
            )

    def to_torch(self) -> "nn.Sequential":
        """The model as a torch.nn module from numbers (N, C, H, W), as in its training data, to logits."""
        from gossamer.network.torch_module import module_of  # noqa: PLC0415 - torch is an extra

        return module_of(self)

    def save(self, path: Path) -> None:
        """Write the model to `path`, whole or not at all.

        Raises:
            ModelFileError: a weight is NaN or infinite, which no reader takes.
        """
        for name, array in self.weights.items():
            if not np.isfinite(array).all():
                raise ModelFileError(
                    f"{path}: not written, for {name} holds a NaN or infinite weight: training diverged"
                )
        write_atomically(path, self.to_bytes())


def model_file(path: Path) -> Path:
    """The model file that `path` names: itself, or that of a finished study whose folder it is.

    Where there is no such file, it may be the name of a model that comes with gossamer.

    Raises:
        ModelFileError: it is a folder without a model.
    """
    if not path.exists():
        return named_model(str(path)) or path
    if not path.is_dir():
        return path
    if not (path / FILE_NAME).is_file():
        raise ModelFileError(
            f"{path}: a folder without {FILE_NAME}; expected a model file, or the folder of a finished study"
            f" (`gossamer status {path}` says how far one is)"
        )
    return path / FILE_NAME


def load_model(path: Path) -> Model:
    """Read a model file, or that of the study whose folder `path` is.

    Raises:
        ModelFileError: the file is missing, too large, no safetensors file, was not written by gossamer,
            gives two classes one name, or its arrays are not those of its network.
    """
    try:
        path = model_file(path)
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ModelFileError(f"{path}: {size:,} bytes; a model file has at most {MAX_FILE_BYTES:,}")
        with safe_open(path, framework="numpy") as file:
            metadata = (file.metadata() or {}).get(METADATA_KEY)
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except FileNotFoundError as error:
        known = ", ".join(model_names())
        raise ModelFileError(
            f"{path}: no such file; the models that come with gossamer are {known}"
        ) from error
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (SafetensorError, TypeError, ValueError, AttributeError) as error:  # NumPy lacks some of its types
        raise ModelFileError(f"{path}: no safetensors file ({error}); expected a gossamer model") from error
    if metadata is None:
        raise ModelFileError(f"{path}: has no {METADATA_KEY!r} metadata; expected a gossamer model")
    try:
        model = _understood(json.loads(metadata, parse_constant=_no_number), weights)
    except (ValueError, TypeError, KeyError, AttributeError, GossamerError, RecursionError) as error:
        raise ModelFileError(f"{path}: its description cannot be understood ({error})") from error
    found = {name: array.shape for name, array in weights.items()}
    if found != model.network.weight_shapes or any(array.dtype != np.float32 for array in weights.values()):
        raise ModelFileError(f"{path}: its arrays are not the float32 weights of {model.network.words!r}")
    for name, array in weights.items():
        if not np.isfinite(array).all():
            raise ModelFileError(f"{path}: {name} holds a weight that is no finite number")
    return replace(model, weights={name: weights[name] for name in model.network.weight_shapes})


def _understood(description: dict[str, Any], weights: Weights) -> Model:
    classes, shape = description["classes"], description["input_shape"]
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise TypeError("its classes are no list of names")
    if not isinstance(shape, list) or [type(size) for size in shape] != [int] * 3:
        raise TypeError("its input shape is no list of three whole numbers")
    network = Architecture.parse(str(description["layers"]), (shape[0], shape[1], shape[2]), len(classes))
    scaling = Scaling(**{key: float(value) for key, value in description["scaling"].items()})
    values = Values(**{key: float(value) for key, value in description.get("values", {}).items()})
    temperature = float(description.get("temperature", 1.0))
    if not 0 < temperature < inf:
        raise ValueError(f"a temperature of {temperature} is not above 0")
    provenance = dict(description["provenance"])
    if "range" in dict(provenance.get("estimator") or {}):  # a scaling that no other reader knew
        raise ValueError("its classifier was saved by an earlier gossamer; fit it again and save it")
    return Model(network, weights, scaling, tuple(classes), provenance, values, temperature)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not a number")

"""A model as the JSON values that network.js computes with."""

from base64 import b64encode
from typing import Any

from gossamer.network import Convolution, Dense, GlobalAveragePool, MaxPool, Model, Stage


def page_network(model: Model) -> dict[str, Any]:
    """The model's layers in order, their weights as little-endian float32 in base 64."""
    height, width, channels = model.network.input_shape
    return {
        "shape": [height, width, channels],
        "minimum": model.scaling.minimum,
        "maximum": model.scaling.maximum,
        "temperature": model.temperature,
        "classes": list(model.classes),
        "layers": [_layer(model, stage) for stage in model.network.stages],
    }


def _layer(model: Model, stage: Stage) -> dict[str, Any]:
    height, width, channels = stage.output_shape
    described = {"word": stage.layer.word, "height": height, "width": width, "channels": channels}
    match stage.layer:
        case Convolution(kernel=kernel):
            return described | {"kind": "convolution", "kernel": kernel} | _weights(model, stage)
        case Dense():
            return described | {"kind": "dense"} | _weights(model, stage)
        case MaxPool():
            return described | {"kind": "pool"}
        case GlobalAveragePool():
            return described | {"kind": "mean"}


def _weights(model: Model, stage: Stage) -> dict[str, str]:
    return {
        part: b64encode(model.weights[f"{stage.name}.{part}"].astype("<f4").tobytes()).decode()
        for part in ("weight", "bias")
    }

"""A model for PyTorch: a state_dict in safetensors, and a README with the module's source."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load

from gossamer.arrays import arrays_to_bytes
from gossamer.export.forward import logits_of
from gossamer.network import Convolution, Dense, GlobalAveragePool, MaxPool, Model, Weights


def torch_files(model: Model) -> dict[str, bytes]:
    """The two files' contents by name."""
    return {
        "model.safetensors": arrays_to_bytes(state_dict(model), {"format": "pt"}),
        "README.md": _readme(model).encode(),
    }


def torch_answers(model: Model, content: bytes, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The logits (N, classes) that the weights in the safetensors file give for images (N, H, W, C).

    They are computed in NumPy: PyTorch need not be there to export for it.
    """
    read = load(content)
    weights: Weights = {}
    for place, (stage, _) in enumerate(_modules(model)):
        if stage is not None:
            weights |= {f"{stage}.{part}": read[f"{place}.{part}"] for part in ("weight", "bias")}
    return logits_of(replace(model, weights=weights), images)


def state_dict(model: Model) -> Weights:
    """The weights by the names that they have in `module_source`'s Sequential."""
    names: Weights = {}
    for place, (stage, _) in enumerate(_modules(model)):
        if stage is not None:
            names |= {f"{place}.{part}": model.weights[f"{stage}.{part}"] for part in ("weight", "bias")}
    return names


def module_source(model: Model) -> str:
    """Python source that makes the network in plain PyTorch, from scaled pixels (N, C, H, W) to logits."""
    lines = "".join(f"    {made},\n" for _, made in _modules(model))
    return f"network = nn.Sequential(\n{lines})\n"


def _modules(model: Model) -> list[tuple[str | None, str]]:
    """Every module: the stage whose weights it has, if any, and its source."""
    modules: list[tuple[str | None, str]] = []
    for stage in model.network.stages:
        height, width, channels = stage.input_shape
        match stage.layer:
            case Convolution(channels=out, kernel=kernel) as layer:
                modules += [
                    (stage.name, f"nn.Conv2d({channels}, {out}, {kernel}, padding={layer.padding})"),
                    (None, "nn.ReLU()"),
                ]
            case MaxPool(kernel=kernel):
                modules.append((None, f"nn.MaxPool2d({kernel})"))
            case GlobalAveragePool():
                modules.append((None, "nn.AdaptiveAvgPool2d(1)"))
            case Dense(classes=classes):
                modules += [
                    (None, "nn.Flatten()"),
                    (stage.name, f"nn.Linear({height * width * channels}, {classes})"),
                ]
    return modules


def _readme(model: Model) -> str:
    height, width, channels = model.network.input_shape
    low, high = model.scaling.minimum, model.scaling.maximum
    return f"""# {model.network.words}

A network of {model.network.parameters:,} parameters, made with gossamer, for images of
{height} x {width} x {channels}.

```python
import torch
from safetensors.torch import load_file
from torch import nn

CLASSES = {list(model.classes)!r}

{module_source(model)}network.load_state_dict(load_file("model.safetensors"))
network.eval()


def logits(pixels):
    \"\"\"pixels: uint8 (N, {channels}, {height}, {width}).\"\"\"
    with torch.inference_mode():
        return network((pixels.float() - {low!r}) / {high - low!r})
```

`(logits(pixels) / {model.temperature!r}).softmax(1)` are probabilities of CLASSES in their order.
"""

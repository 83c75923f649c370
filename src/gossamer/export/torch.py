"""A model for PyTorch: a state_dict in safetensors, and a README with the module's source."""

from collections.abc import Callable
from dataclasses import replace
from math import prod

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load

from gossamer.arrays import arrays_to_bytes
from gossamer.network import IMAGE, Model, Node, Op, Parameter, Weights, ops
from gossamer.network.reference import logits_of


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
    weights = {array.name: read[name] for name, array in _names(model.folded)}
    return logits_of(replace(model.folded, weights=weights), images)


def state_dict(model: Model) -> Weights:
    """The weights by the names that they have in `module_source`'s class."""
    return {name: model.folded.weights[array.name] for name, array in _names(model.folded)}


def _names(model: Model) -> list[tuple[str, Parameter]]:
    return [
        (f"{_identifier(node.name)}.{array.name.rpartition('.')[2]}", array)
        for node in model.network.graph.nodes
        for array in node.arrays
    ]


def module_source(model: Model) -> str:
    """Python source that makes the network in plain PyTorch, from scaled pixels (N, C, H, W) to logits."""
    modules, steps = [], []
    graph = model.folded.network.graph
    for node in graph.nodes:
        module, expression = SOURCES[type(node.op)](node.op, node, *map(_identifier, node.inputs))
        name = _identifier(node.name)
        if module:
            modules.append(f"        self.{name} = {module}\n")
        steps.append(
            f"        {'return' if node.name == graph.output else f'{name} ='} {expression.format(name)}\n"
        )
    return (
        "class Network(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"{''.join(modules)}\n    def forward(self, {IMAGE}):\n{''.join(steps)}\n\nnetwork = Network()\n"
    )


def _identifier(name: str) -> str:
    return name.replace(".", "_")


def _convolution(op: ops.Kernels, node: Node, x: str) -> tuple[str, str]:
    depth = node.input_shapes[0][2]
    channels, maps, kernel, _ = op.weight_shape(depth)
    stride = f", stride={op.stride}" if op.stride > 1 else ""
    groups = f", groups={depth // maps}" if maps < depth else ""
    return (
        f"nn.Conv2d({depth}, {channels}, {kernel}{stride}, padding={op.padding}{groups})",
        f"self.{{}}({x})",
    )


SOURCES: dict[type[Op], Callable[..., tuple[str, str]]] = {
    ops.Convolution: _convolution,
    ops.DepthwiseConvolution: _convolution,
    ops.Relu: lambda _, __, x: ("", f"functional.relu({x})"),
    ops.Relu6: lambda _, __, x: ("", f"functional.relu6({x})"),
    ops.HardSwish: lambda _, __, x: ("", f"functional.hardswish({x})"),
    ops.MaxPool: lambda op, _, x: ("", f"functional.max_pool2d({x}, {op.kernel})"),
    ops.AveragePool: lambda op, _, x: ("", f"functional.avg_pool2d({x}, {op.kernel})"),
    ops.Mean: lambda _, __, x: ("", f"functional.adaptive_avg_pool2d({x}, 1)"),
    ops.Add: lambda _, __, x, y: ("", f"{x} + {y}"),
    ops.Dense: lambda op, node, x: (
        f"nn.Linear({prod(node.input_shapes[0])}, {op.classes})",
        f"self.{{}}({x}.flatten(1))",
    ),
}
"""An op's module, "" if it needs none, and the expression of its value; {} is the module's name."""


def _readme(model: Model) -> str:
    height, width, channels = model.network.input_shape
    low, high = model.scaling.minimum, model.scaling.maximum
    return f"""# {model.network.words}

A network of {model.folded.network.parameters:,} parameters, made with gossamer, for images of
{height} x {width} x {channels}.

```python
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

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

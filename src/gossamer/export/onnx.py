"""A model as an ONNX graph: pixels in as they are, scaling inside, logits and probabilities out."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import ExportError
from gossamer.network import IMAGE, Model, Node, Op, ops

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

OPSET = 17
IR_VERSION = 8
"""What goes with opset 17. ONNX Runtime 1.16 reads both; every version refuses what is newer than itself."""


def onnx_graph(model: Model) -> "ModelProto":
    """The model as an ONNX model; `images` uint8 (N, H, W, C) to `logits` and `probabilities` (N, classes).

    Raises:
        ExportError: the onnx package is not installed.
    """
    make, scaling = node_maker(), model.scaling
    nodes = [
        make("Cast", ["images"], ["floats"], to=onnx_package().TensorProto.FLOAT),
        make("Sub", ["floats", "minimum"], ["shifted"]),
        make("Div", ["shifted", "range"], ["scaled"]),
        make("Transpose", ["scaled"], [IMAGE], perm=[0, 3, 1, 2]),
        *network_nodes(model),
    ]
    constants = {
        "minimum": np.float32(scaling.minimum),
        "range": np.float32(scaling.maximum - scaling.minimum),
        **model.folded.weights,
    }
    return whole_model(model, nodes, constants)


def whole_model(model: Model, nodes: "Sequence[NodeProto]", constants: Mapping[str, Any]) -> "ModelProto":
    """The nodes from `images` to `logits`, with their constants by name; probabilities are added.

    Raises:
        ExportError: the onnx package is not installed.
    """
    onnx = onnx_package()
    helper, types = onnx.helper, onnx.TensorProto
    height, width, channels = model.network.input_shape
    classes, make = model.network.classes, node_maker()
    constants = {**constants, "temperature": np.float32(model.temperature)}
    graph = helper.make_graph(
        [
            *nodes,
            make("Div", ["logits", "temperature"], ["calibrated"]),
            make("Softmax", ["calibrated"], ["probabilities"], axis=1),
        ],
        "gossamer",
        [helper.make_tensor_value_info("images", types.UINT8, ["N", height, width, channels])],
        [
            helper.make_tensor_value_info(name, types.FLOAT, ["N", classes])
            for name in ("logits", "probabilities")
        ],
        [
            onnx.numpy_helper.from_array(np.asarray(array, order="C"), name)
            for name, array in constants.items()
        ],
    )
    made = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="gossamer",
        producer_version=version("gossamer"),
    )
    made.ir_version = IR_VERSION
    set_metadata(made, metadata(model))
    onnx.checker.check_model(made, full_check=True)
    return made


def node_maker() -> "Make":
    """A function that makes ONNX's nodes, each with the name of what it makes."""
    make_node = onnx_package().helper.make_node

    def make(operator: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any) -> "NodeProto":
        return make_node(operator, inputs, outputs, name=outputs[0], **attributes)

    return make


def network_nodes(model: Model) -> "list[NodeProto]":
    """ONNX's nodes of the folded network, from scaled images to logits."""
    graph, make = model.folded.network.graph, node_maker()
    made: list[list[NodeProto]] = [
        OPERATORS[type(node.op)](make, node, "logits" if node.name == graph.output else node.name)
        for node in graph.nodes
    ]
    return list(chain.from_iterable(made))


def metadata(model: Model) -> dict[str, str]:
    """What a reader of the export needs: classes, preprocessing, where the model comes from."""
    return {
        "classes": json.dumps(list(model.classes), ensure_ascii=False),
        "layers": model.network.words,
        "preprocessing": (
            "none: images are uint8 (N, H, W, C); the graph scales them by"
            f" (pixel - {model.scaling.minimum:g}) / {model.scaling.maximum - model.scaling.minimum:g}"
        ),
        "temperature": f"{model.temperature:g}",
        "provenance": json.dumps(model.provenance, sort_keys=True),
        "model_hash": model.hash,
    }


def set_metadata(made: "ModelProto", entries: dict[str, str]) -> None:
    """Put `entries` into the model's metadata_props, beside or in place of what is there."""
    present = {prop.key: prop.value for prop in made.metadata_props} | entries
    onnx_package().helper.set_model_props(made, present)


def run_onnx(content: bytes, images: NDArray[np.uint8], *, batch: int = 500) -> NDArray[np.float32]:
    """The logits (N, classes) that ONNX Runtime gets from the model's bytes, on one CPU thread."""
    session = open_session(content)
    parts = [
        session.run(["logits"], {"images": images[start : start + batch]})[0]
        for start in range(0, len(images), batch)
    ]
    return np.concatenate(parts)


def open_session(content: bytes) -> Any:
    """An ONNX Runtime session on one CPU thread.

    Raises:
        ExportError: onnxruntime is not installed.
    """
    try:
        import onnxruntime  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ExportError(
            "an ONNX export is checked by ONNX Runtime: pip install 'gossamer[onnx]'"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


Make = Callable[..., "NodeProto"]


def _convolution(make: Make, node: Node, output: str) -> list["NodeProto"]:
    op: Any = node.op
    depth = node.input_shapes[0][2]
    groups = depth // op.weight_shape(depth)[1]
    sizes = {
        "kernel_shape": [op.kernel] * 2,
        "pads": [op.padding] * 4,
        **({"strides": [op.stride] * 2} if op.stride > 1 else {}),
        **({"group": groups} if groups > 1 else {}),
    }
    return [make("Conv", [*node.inputs, *(array.name for array in node.arrays)], [output], **sizes)]


def _relu6(make: Make, node: Node, output: str) -> list["NodeProto"]:
    limits = {f"{node.name}.lowest": 0.0, f"{node.name}.highest": 6.0}
    constants = [make("Constant", [], [name], value_float=value) for name, value in limits.items()]
    return [*constants, make("Clip", [*node.inputs, *limits], [output])]


def _pool(operator: str, make: Make, node: Node, output: str) -> list["NodeProto"]:
    op: Any = node.op
    sizes = {"kernel_shape": [op.kernel] * 2, "strides": [op.stride] * 2}
    return [make(operator, [*node.inputs], [output], **sizes)]


def _dense(make: Make, node: Node, output: str) -> list["NodeProto"]:
    weights = [array.name for array in node.arrays]
    return [
        make("Flatten", [*node.inputs], ["features"], axis=1),
        make("Gemm", ["features", *weights], [output], transB=1),
    ]


OPERATORS: dict[type[Op], Callable[[Make, Node, str], list["NodeProto"]]] = {
    ops.Convolution: _convolution,
    ops.DepthwiseConvolution: _convolution,
    ops.Relu: lambda make, node, output: [make("Relu", [*node.inputs], [output])],
    ops.Relu6: _relu6,
    ops.HardSwish: lambda make, node, output: [make("HardSwish", [*node.inputs], [output])],
    ops.MaxPool: partial(_pool, "MaxPool"),
    ops.AveragePool: partial(_pool, "AveragePool"),
    ops.Mean: lambda make, node, output: [make("GlobalAveragePool", [*node.inputs], [output])],
    ops.Add: lambda make, node, output: [make("Add", [*node.inputs], [output])],
    ops.Dense: _dense,
}
"""ONNX's operators that do an op."""


def onnx_package() -> Any:
    """The onnx package.

    Raises:
        ExportError: it is not installed.
    """
    try:
        import onnx  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ExportError("an ONNX export needs the onnx package: pip install 'gossamer[onnx]'") from error
    return onnx

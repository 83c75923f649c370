"""ONNX Runtime, which runs a network and does not train it."""

from collections.abc import Callable
from typing import Any

import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from benchmarks.contestants.base import Contestant, Rows, Setting, scaled
from gossamer.network.ops import Convolution, MaxPool, Relu


class OnnxSession(Contestant):
    """A session over a graph of Conv, Relu, MaxPool and Gemm; the scaling to floats is off the clock."""

    evaluation_batches = (1, 4, 16, 64, 256, 1000)

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._inputs = scaled(setting.pixels).transpose(0, 3, 1, 2).copy()  # (N, C, H, W)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = setting.threads
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self._session = onnxruntime.InferenceSession(
            _graph(setting).SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def training(self, rows: Rows, batch_size: int) -> Callable[[], float]:  # noqa: D102
        raise NotImplementedError("the catalogue says that it does not train")

    def evaluation(self, rows: Rows, batch_size: int) -> Callable[[], int]:  # noqa: D102
        inputs, labels = self._inputs[rows], self.setting.labels[rows]
        slices = [slice(start, start + batch_size) for start in range(0, len(rows), batch_size)]

        def work() -> int:
            correct = 0
            for part in slices:
                (logits,) = self._session.run(None, {"images": inputs[part]})
                correct += int((logits.argmax(1) == labels[part]).sum())
            return correct

        return work


def _graph(setting: Setting) -> Any:
    """The network as an ONNX model over float images (N, C, H, W)."""
    nodes, tensor = [], "images"
    for node in setting.network.graph.nodes:
        weights = [array.name for array in node.arrays]
        match node.op:
            case Convolution(padding=p):
                nodes.append(helper.make_node("Conv", [tensor, *weights], [node.name], pads=[p] * 4))
            case Relu():
                nodes.append(helper.make_node("Relu", [tensor], [node.name]))
            case MaxPool():
                size = {"kernel_shape": [2, 2], "strides": [2, 2]}
                nodes.append(helper.make_node("MaxPool", [tensor], [node.name], **size))
            case _:
                nodes.append(helper.make_node("Flatten", [tensor], ["flat"]))
                nodes.append(helper.make_node("Gemm", ["flat", *weights], [node.name], transB=1))
        tensor = node.name
    height, width, channels = setting.network.input_shape
    graph = helper.make_graph(
        nodes,
        "classifier",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", channels, height, width])],
        [helper.make_tensor_value_info(tensor, TensorProto.FLOAT, ["N", setting.network.classes])],
        [numpy_helper.from_array(value, name) for name, value in setting.weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

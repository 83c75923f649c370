"""ONNX Runtime, which runs a network and does not train it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from benchmarks.contestants.base import Contestant, Rows, Setting, scaled
from gossamer.export.onnx import IR_VERSION, OPSET, network_nodes
from gossamer.network import IMAGE, Model, Scaling


class OnnxSession(Contestant):
    """A session over the network as it is exported; the scaling to floats is off the clock."""

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
                (logits,) = self._session.run(None, {IMAGE: inputs[part]})
                correct += int((logits.argmax(1) == labels[part]).sum())
            return correct

        return work


def _graph(setting: Setting) -> Any:
    """The folded network as an ONNX model over scaled floats (N, C, H, W), of the export's own nodes."""
    classes = tuple(f"{label}" for label in range(setting.network.classes))
    model = Model(setting.network, setting.weights, Scaling(), classes, {})
    height, width, channels = setting.network.input_shape
    graph = helper.make_graph(
        network_nodes(model),
        "classifier",
        [helper.make_tensor_value_info(IMAGE, TensorProto.FLOAT, ["N", channels, height, width])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", setting.network.classes])],
        [
            numpy_helper.from_array(np.ascontiguousarray(value), name)
            for name, value in model.folded.weights.items()
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)

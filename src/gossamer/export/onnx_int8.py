"""An ONNX model in 8-bit integers, by ONNX Runtime's static quantization on training images."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import ExportError
from gossamer.export.onnx import import_what_is_used, metadata, network_nodes, onnx_graph, set_metadata
from gossamer.network import Model

if TYPE_CHECKING:
    from onnx import ModelProto

BATCH = 100


def onnx_int8_graph(model: Model, calibration: NDArray[np.uint8]) -> "ModelProto":
    """The model's graph with its network quantized, weights channel by channel.

    Hard swish stays in floats, between integers: ONNX Runtime has none in integers.

    Args:
        model: what is quantized.
        calibration: training images uint8 (N, H, W, C), from which the ranges of the activations are taken.

    Raises:
        ExportError: onnx or onnxruntime is not installed.
    """
    made = onnx_graph(model)
    try:
        from onnxruntime.quantization import (  # noqa: PLC0415 - an extra, and slow to import
            CalibrationDataReader,
            QuantFormat,
            QuantType,
            quantize_static,
        )
        from onnxruntime.quantization.shape_inference import quant_pre_process  # noqa: PLC0415 - as above
    except ImportError as error:
        raise ExportError("to quantize takes onnxruntime: pip install 'gossamer[onnx]'") from error

    class Reader(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
        def __init__(self) -> None:
            self._starts = iter(range(0, len(calibration), BATCH))

        def get_next(self) -> dict[str, Any] | None:
            start = next(self._starts, None)
            return None if start is None else {"images": calibration[start : start + BATCH]}

    import onnx  # noqa: PLC0415 - an extra

    with tempfile.TemporaryDirectory() as folder:
        prepared, path = Path(folder) / "prepared.onnx", Path(folder) / "int8.onnx"
        quant_pre_process(made, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            path,
            Reader(),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            # 7 bits: with 8, sums of two products overflow 16 bits on CPUs with AVX2 alone, and are clipped
            reduce_range=True,
            op_types_to_quantize=sorted({node.op_type for node in network_nodes(model)}),
        )
        quantized = onnx.load(path)
    del quantized.graph.value_info[:]  # shapes in between, which the preparation wrote and nobody needs
    import_what_is_used(quantized)  # the quantizer imports every domain it knows
    set_metadata(quantized, metadata(model))
    return quantized

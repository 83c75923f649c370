"""A network in 8-bit integers: what the int8 C export computes, exactly, in NumPy.

Weights are symmetric and scaled channel by channel (Jacob et al. 2018; Krishnamoorthi 2018). Activations
follow a ReLU, so that they are 0 to 255 with one scale a stage. Sums are 32-bit integers; a sum becomes the
next stage's number by a 32-bit multiplier and a shift, rounded half up.
"""

from dataclasses import dataclass
from math import frexp

import numpy as np
from numpy.typing import NDArray

from gossamer.errors import ExportError
from gossamer.export.forward import convolve, pool, stage_outputs
from gossamer.network import Convolution, Dense, GlobalAveragePool, MaxPool, Model, Stage
from gossamer.reprs import Summarized

LOGIT_BITS = 16
"""Logits are whole numbers of 2^-LOGIT_BITS."""
CALIBRATION_BATCH = 250
LARGEST_SUM = 2**31 - 1


@dataclass(frozen=True, eq=False, repr=False)
class QuantizedStage(Summarized):
    """A stage with weights: integers, and how a sum becomes a number of the next stage.

    Attributes:
        stage: the stage.
        weight: int8, of the stage's shape.
        bias: int32 (channels,), in units of a sum.
        multiplier: int32 (channels,), from 2^30 up to 2^31 - 1.
        shift: (channels,), from 1 to 62: a number is sum * multiplier / 2^shift.
    """

    stage: Stage
    weight: NDArray[np.int8]
    bias: NDArray[np.int32]
    multiplier: NDArray[np.int64]
    shift: NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class QuantizedNetwork(Summarized):
    """A network in integers; `zero` is the pixel that stands for 0."""

    model: Model
    zero: int
    stages: dict[str, QuantizedStage]

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """The logits (N, classes) of images (N, H, W, C), in units of 2^-LOGIT_BITS."""
        # float64 holds every sum exactly: they stay below 2^31
        values = np.ascontiguousarray(images.transpose(0, 3, 1, 2)).astype(np.float64) - self.zero
        for stage in self.model.network.stages:
            match stage.layer:
                case Convolution():
                    made = self.stages[stage.name]
                    sums = convolve(values, made.weight.astype(np.float64)) + made.bias[:, None, None]
                    shape = (-1, 1, 1)
                    scaled = _scaled(
                        np.maximum(sums, 0), made.multiplier.reshape(shape), made.shift.reshape(shape)
                    )
                    values = np.minimum(scaled, 255).astype(np.float64)
                case Dense():
                    made = self.stages[stage.name]
                    sums = values.reshape(len(values), -1) @ made.weight.T.astype(np.float64) + made.bias
                    signs = np.sign(sums).astype(np.int64)
                    return signs * _scaled(np.abs(sums), made.multiplier, made.shift)
                case MaxPool():
                    values = pool(values)
                case GlobalAveragePool():
                    area = stage.input_shape[0] * stage.input_shape[1]
                    values = np.floor((values.sum(axis=(2, 3), keepdims=True) + area // 2) / area)
        raise AssertionError("a network ends with dense")


def quantize(model: Model, calibration: NDArray[np.uint8]) -> QuantizedNetwork:
    """The network in integers, the ranges of its activations being those over `calibration` (N, H, W, C).

    Raises:
        ExportError: the pixel that stands for 0 is no whole number from 0 to 255, or a sum may leave 32 bits.
    """
    zero = round(model.scaling.minimum)
    if zero != model.scaling.minimum or not 0 <= zero <= 255:
        raise ExportError(
            f"the model takes the pixel {model.scaling.minimum:g} for 0; an export in integers needs a whole"
            " number from 0 to 255: export it in floats"
        )
    scale = 1 / (model.scaling.maximum - model.scaling.minimum)
    largest = _largest_activations(model, calibration)
    reach = float(max(255 - zero, zero))  # the largest distance of a number from its zero
    stages: dict[str, QuantizedStage] = {}
    for stage in model.network.stages:
        if not isinstance(stage.layer, Convolution | Dense):
            continue
        last = isinstance(stage.layer, Dense)
        out = 2.0**-LOGIT_BITS if last else max(largest[stage.name], 1e-12) / 255
        stages[stage.name] = _quantized(model, stage, scale, out, reach)
        scale, reach = out, 255.0
    return QuantizedNetwork(model, zero, stages)


def _largest_activations(model: Model, images: NDArray[np.uint8]) -> dict[str, float]:
    largest: dict[str, float] = {}
    for start in range(0, len(images), CALIBRATION_BATCH):
        for stage, values in stage_outputs(model, images[start : start + CALIBRATION_BATCH]):
            largest[stage.name] = max(largest.get(stage.name, 0.0), float(values.max()))
    return largest


def _quantized(model: Model, stage: Stage, scale: float, out: float, reach: float) -> QuantizedStage:
    weight = model.weights[f"{stage.name}.weight"].astype(np.float64)
    axes = tuple(range(1, weight.ndim))
    steps = np.maximum(np.abs(weight).max(axis=axes), 1e-12) / 127
    shape = (-1, *[1] * len(axes))
    integers = np.clip(np.rint(weight / steps.reshape(shape)), -127, 127).astype(np.int8)
    bias = np.rint(model.weights[f"{stage.name}.bias"].astype(np.float64) / (scale * steps))
    sums = reach * np.abs(integers.astype(np.float64)).sum(axis=axes) + np.abs(bias)
    if sums.max() > LARGEST_SUM:
        raise ExportError(
            f"{stage.layer.word}: a sum of it may leave 32 bits in integers; export the model in floats"
        )
    found = [_fixed_point(scale * step / out) for step in steps]
    return QuantizedStage(
        stage,
        integers,
        bias.astype(np.int32),
        np.array([multiplier for multiplier, _ in found], np.int64),
        np.array([shift for _, shift in found], np.int64),
    )


def _fixed_point(factor: float) -> tuple[int, int]:
    """`factor` as multiplier / 2^shift, the multiplier of 31 bits."""
    mantissa, exponent = frexp(factor)  # 0.5 <= mantissa < 1
    multiplier, shift = round(mantissa * 2**31), 31 - exponent
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift - 1
    if not 1 <= shift <= 62:
        raise ExportError(f"a scale of {factor:g} does not fit 8-bit integers; export the model in floats")
    return multiplier, shift


def _scaled(
    sums: NDArray[np.float64], multiplier: NDArray[np.int64], shift: NDArray[np.int64]
) -> NDArray[np.int64]:
    half = np.int64(1) << (shift - 1)
    return (sums.astype(np.int64) * multiplier + half) >> shift

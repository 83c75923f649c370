"""The types of the service's answers. They are encoded as JSON, and described in its OpenAPI document."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field


class Prediction(Struct):
    """The prediction for one image."""

    label: Annotated[str, Meta(description="The most likely class.")] = field(name="class")
    probabilities: Annotated[dict[str, float], Meta(description="A calibrated probability for every class.")]
    logits: Annotated[dict[str, float], Meta(description="The network's output before the softmax.")]
    warning: Annotated[
        str | None, Meta(description="How the image differs from training images, if it does.")
    ]


class Predictions(Struct):
    """One prediction per image, in the order of the request."""

    model: str
    predictions: list[Prediction]


class Tensor(Struct):
    """A named tensor, its values in row-major order."""

    name: str
    datatype: str
    shape: list[int]
    data: list[float | str]


class Inferred(Struct):
    """The Open Inference Protocol's answer."""

    model_name: str
    outputs: list[Tensor]
    id: str | UnsetType = UNSET


class Problem(Struct):
    """Why the request is refused, in one line."""

    error: str

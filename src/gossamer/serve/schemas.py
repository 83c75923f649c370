"""What goes in and comes out, as OpenAPI describes it; the checks themselves stand where bodies are read."""

from math import prod
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from gossamer.serve.open_inference import INPUT, OUTPUTS

Schema = dict[str, Any]
Responses = dict[int | str, dict[str, Any]]

ENDING: Responses = {503: {"description": "It ends, and takes no new requests."}}


class Prediction(BaseModel):
    """What the model says of one image."""

    model_config = ConfigDict(populate_by_name=True)
    label: str = Field(alias="class", description="The likeliest class.")
    probabilities: dict[str, float] = Field(description="A calibrated probability, 0 to 1, for every class.")
    logits: dict[str, float] = Field(description="What the network itself says, before the softmax.")
    warning: str | None = Field(
        description="What of the image is unlike the training images, if anything is."
    )


class Predictions(BaseModel):
    """A prediction an image, in the order in which they were sent."""

    model: str
    predictions: list[Prediction]


class Tensor(BaseModel):
    """A named tensor, its numbers row by row."""

    name: str
    datatype: str
    shape: list[int]
    data: list[float] | list[str]


class Inferred(BaseModel):
    """The Open Inference Protocol's answer."""

    model_name: str
    id: str | None = None
    outputs: list[Tensor]


class Problem(BaseModel):
    """Why there is no answer, in one line."""

    error: str


def responses(answer: type[BaseModel]) -> Responses:
    """What may come back from an operation that takes images."""
    return {200: {"model": answer}, **{status: {"model": Problem} for status in (400, 401, 413, 415, 503)}}


def predict_body(shape: tuple[int, int, int]) -> Schema:
    """The body of /predict, for a model of images of `shape` (H, W, C)."""
    picture: Schema = {"type": "string", "format": "binary"}
    rows = _image(shape)
    encoded: Schema = {
        "type": "string",
        "contentEncoding": "base64",
        "description": "A picture as a data URL (data:image/png;base64,...), or in base64 alone.",
    }
    image = {"anyOf": [encoded, rows]}
    return {
        "parameters": [
            {
                "name": "fit",
                "in": "query",
                "schema": {"type": "boolean", "default": False},
                "description": "Make images of another size or colour into what the model takes.",
            }
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "oneOf": [
                            _object({"pixels": rows}),
                            _object({"image": image}),
                            _object({"images": {"type": "array", "items": image, "minItems": 1}}),
                        ]
                    },
                    "example": {"pixels": np.zeros(shape, int).tolist()},
                },
                "multipart/form-data": {
                    "schema": _object({"image": {"type": "array", "items": picture, "minItems": 1}})
                },
                "image/png": {"schema": picture},
                "image/jpeg": {"schema": picture},
            },
        },
    }


def infer_body(shape: tuple[int, int, int]) -> Schema:
    """The body of the Open Inference Protocol's /infer."""
    tensor = _object(
        {
            "name": {"const": INPUT},
            "datatype": {"const": "UINT8"},
            "shape": {
                "type": "array",
                "prefixItems": [{"type": "integer", "minimum": 1}, *({"const": side} for side in shape)],
                "minItems": 4,
                "maxItems": 4,
            },
            "data": {
                "type": "array",
                "description": "The pixels, image by image and row by row; nested lists are taken too.",
                "items": _PIXEL,
                "minItems": prod(shape),
            },
        }
    )
    wanted = _object({"name": {"enum": list(OUTPUTS)}})
    body = _object(
        {
            "id": {"type": "string"},
            "inputs": {"type": "array", "items": tensor, "minItems": 1, "maxItems": 1},
            "outputs": {"type": "array", "items": wanted},
        },
        required=["inputs"],
    )
    one = {"name": INPUT, "datatype": "UINT8", "shape": [1, *shape], "data": [0] * prod(shape)}
    content = {"application/json": {"schema": body, "example": {"inputs": [one]}}}
    return {"requestBody": {"required": True, "content": content}}


_PIXEL: Schema = {"type": "integer", "minimum": 0, "maximum": 255}


def _image(shape: tuple[int, int, int]) -> Schema:
    height, width, channels = shape
    pixel = _PIXEL if channels == 1 else _many(_PIXEL, channels)
    rows = _many(_many(pixel, width), height)
    return rows | {"description": f"{height} rows of {width} pixels; any other size with fit."}


def _many(items: Schema, number: int) -> Schema:
    return {"type": "array", "items": items, "minItems": number, "maxItems": number}


def _object(properties: Schema, required: list[str] | None = None) -> Schema:
    return {"type": "object", "properties": properties, "required": required or list(properties)}

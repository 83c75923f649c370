"""The service's OpenAPI document. Requests are described here; the code that reads them checks them."""

from collections.abc import Collection, Mapping
from inspect import getdoc
from math import prod
from typing import Any

import msgspec
import numpy as np

from gossamer.serve.answers import Inferred, Predictions, Problem
from gossamer.serve.gate import Endpoint
from gossamer.serve.metrics import CONTENT_TYPE
from gossamer.serve.open_inference import INPUT, OUTPUTS, server_metadata
from gossamer.serve.service import Service

Schema = dict[str, Any]

REFUSED = {
    "400": "The request is malformed.",
    "401": "The token is missing or wrong.",
    "413": "The request is too large.",
    "415": "The content type or encoding is not supported.",
    "503": "The service is busy.",
}


SCHEMES: Schema = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The service's token."},
    "basic": {"type": "http", "scheme": "basic", "description": "The token as password, with any user name."},
}


def description(
    service: Service,
    operations: Mapping[tuple[str, str], Endpoint],
    *,
    root: str = "",
    open_paths: Collection[str] | None = None,
) -> Schema:
    """The OpenAPI document of a service.

    Args:
        service: the service.
        operations: by method and path.
        root: the prefix of all paths.
        open_paths: the paths that need no token; None if none does.
    """
    network = service.predictor.model.network
    references, schemas = msgspec.json.schema_components(
        (Predictions, Inferred, Problem), ref_template="#/components/schemas/{name}"
    )
    predictions, inferred, problem = map(_json, references)
    refused = {status: {"description": why, "content": problem} for status, why in REFUSED.items()}
    anything = _json({"type": "object"})
    unready = {"503": {"description": "The service shuts down.", "content": anything}}
    parts: dict[str, Schema] = {
        "predict": {**_predict_request(network.input_shape), "responses": _answered(predictions) | refused},
        "infer": {**_infer_request(network.input_shape), "responses": _answered(inferred) | refused},
        "ready": {"responses": _answered(anything) | unready},
        "model_ready": {"responses": _answered(anything) | unready},
        "metrics": {"responses": _answered({CONTENT_TYPE: {"schema": {"type": "string"}}})},
    }
    paths: Schema = {}
    for (method, path), endpoint in operations.items():
        name = endpoint.__name__
        operation = {"responses": _answered(anything)} | parts.get(name, {})
        paths.setdefault(path, {})[method.lower()] = {
            "operationId": name,
            "summary": name.replace("_", " ").capitalize(),
            "description": getdoc(endpoint),
            **operation,
        }
        if open_paths is not None and path in open_paths:
            paths[path][method.lower()]["security"] = []
    document: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": f"gossamer: {service.name}",
            "version": server_metadata()["version"],
            "description": f"`{network.words}`, {network.parameters:,} parameters.",
        },
        "paths": paths,
        "components": {"schemas": schemas},
    }
    if root:
        document["servers"] = [{"url": root}]
    if open_paths is not None:
        document["components"]["securitySchemes"] = SCHEMES
        document["security"] = [{name: []} for name in SCHEMES]
    return document


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _answered(content: Schema) -> Schema:
    return {"200": {"description": "The answer.", "content": content}}


def _predict_request(shape: tuple[int, int, int]) -> Schema:
    """Parameters and body of /predict, for a model of images of `shape` (H, W, C)."""
    picture: Schema = {"type": "string", "format": "binary"}
    rows = _image(shape)
    encoded: Schema = {
        "type": "string",
        "contentEncoding": "base64",
        "description": "A picture as a data URL (data:image/png;base64,...) or in base64 alone.",
    }
    image = {"anyOf": [encoded, rows]}
    bodies = [
        _object({"pixels": rows}),
        _object({"image": image}),
        _object({"images": {"type": "array", "items": image, "minItems": 1}}),
    ]
    files = _object({"image": {"type": "array", "items": picture, "minItems": 1}})
    fit: Schema = {
        "name": "fit",
        "in": "query",
        "schema": {"type": "boolean", "default": False},
        "description": "Convert images of another size or colour to what the model takes.",
    }
    content: Schema = {
        "application/json": {
            "schema": {"oneOf": bodies},
            "example": {"pixels": np.zeros(shape, int).tolist()},
        },
        "multipart/form-data": {"schema": files},
        "image/png": {"schema": picture},
        "image/jpeg": {"schema": picture},
    }
    return {"parameters": [fit], "requestBody": {"required": True, "content": content}}


def _infer_request(shape: tuple[int, int, int]) -> Schema:
    """The body of the Open Inference Protocol's /infer."""
    sides: Schema = {
        "type": "array",
        "prefixItems": [{"type": "integer", "minimum": 1}, *({"const": side} for side in shape)],
        "minItems": 4,
        "maxItems": 4,
    }
    data: Schema = {
        "type": "array",
        "description": "The pixels in row-major order; nested lists are taken, too.",
        "items": _PIXEL,
        "minItems": prod(shape),
    }
    tensor = _object({"name": {"const": INPUT}, "datatype": {"const": "UINT8"}, "shape": sides, "data": data})
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
    return rows | {"description": f"{height} rows of {width} pixels; with `fit`, any other size."}


def _many(items: Schema, number: int) -> Schema:
    return {"type": "array", "items": items, "minItems": number, "maxItems": number}


def _object(properties: Schema, required: list[str] | None = None) -> Schema:
    return {"type": "object", "properties": properties, "required": required or list(properties)}

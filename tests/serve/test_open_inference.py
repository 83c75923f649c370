"""The Open Inference Protocol (KServe v2), as its specification has it."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.serve.conftest import CLASSES, Running
from tests.serve.test_predict import expected, expected_logits

Images = Callable[[int], NDArray[np.uint8]]


def tensor(images: NDArray[np.uint8], **changes: Any) -> dict[str, Any]:
    return {
        "name": "images",
        "shape": list(images.shape),
        "datatype": "UINT8",
        "data": images.ravel().tolist(),
    } | changes


def infer(service: Running, request: Any) -> httpx.Response:
    return httpx.post(f"{service.address}/v2/models/tiny-study/infer", json=request)


def test_health_and_metadata(service: Running) -> None:
    def got(path: str) -> Any:
        return httpx.get(service.address + path).raise_for_status().json()

    assert got("/v2/health/live") == {"live": True}
    assert got("/v2/health/ready") == {"ready": True}
    assert got("/v2/models/tiny-study/ready") == {"name": "tiny-study", "ready": True}
    assert got("/v2")["name"] == "gossamer"
    described = got("/v2/models/tiny-study")
    assert described["inputs"] == [{"name": "images", "datatype": "UINT8", "shape": [-1, 8, 6, 1]}]
    assert {output["name"]: output["shape"] for output in described["outputs"]} == {
        "probabilities": [-1, 3],
        "class": [-1],
        "logits": [-1, 3],
    }
    assert httpx.get(f"{service.address}/v2/models/another").status_code == 404


def test_a_byte_order_mark_is_ignored(service: Running, images: Images) -> None:
    body = b"\xef\xbb\xbf" + json.dumps({"inputs": [tensor(images(1))]}).encode()
    assert httpx.post(f"{service.address}/v2/models/tiny-study/infer", content=body).status_code == 200


@pytest.mark.parametrize("nested", [False, True])
def test_tensors_in_and_out(service: Running, images: Images, nested: bool) -> None:
    many = images(4)
    sent = tensor(many, data=many.tolist()) if nested else tensor(many)
    answer = infer(service, {"id": "seven", "inputs": [sent]}).raise_for_status().json()
    assert (answer["model_name"], answer["id"]) == ("tiny-study", "seven")
    outputs = {output["name"]: output for output in answer["outputs"]}
    rows = expected(many)
    assert outputs["probabilities"]["shape"] == [4, 3]
    assert np.abs(np.reshape(outputs["probabilities"]["data"], (4, 3)) - rows).max() <= 1e-6
    assert np.abs(np.reshape(outputs["logits"]["data"], (4, 3)) - expected_logits(many)).max() <= 1e-6
    assert outputs["class"] == {
        "name": "class",
        "datatype": "BYTES",
        "shape": [4],
        "data": [CLASSES[i] for i in rows.argmax(axis=1)],
    }


def test_only_the_outputs_that_are_asked_for(service: Running, images: Images) -> None:
    answer = infer(service, {"inputs": [tensor(images(1))], "outputs": [{"name": "class"}]}).json()
    assert [output["name"] for output in answer["outputs"]] == ["class"]
    assert "id" not in answer


ONE = np.zeros((1, 8, 6, 1), np.uint8)
REFUSED: dict[str, tuple[Any, int, str]] = {
    "no object": ([], 400, "expected one input, 'images'"),
    "no input": ({"inputs": []}, 400, "expected one input"),
    "two inputs": ({"inputs": [tensor(ONE)] * 2}, 400, "expected one input"),
    "another name": ({"inputs": [tensor(ONE, name="x")]}, 400, "an input 'x' of 'UINT8'"),
    "another type": (
        {"inputs": [tensor(ONE, datatype="FP32")]},
        400,
        "of 'FP32'; expected 'images' of 'UINT8'",
    ),
    "another shape": (
        {"inputs": [tensor(ONE, shape=[1, 6, 8, 1])]},
        400,
        "shape [1, 6, 8, 1]; expected [N, 8, 6, 1]",
    ),
    "no shape": ({"inputs": [tensor(ONE, shape="x")]}, 400, "shape 'x'"),
    "a negative number": ({"inputs": [tensor(ONE, shape=[-1, 8, 6, 1])]}, 400, "shape [-1"),
    "no images": ({"inputs": [tensor(ONE, shape=[0, 8, 6, 1], data=[])]}, 400, "no image"),
    "too many": ({"inputs": [tensor(ONE, shape=[257, 8, 6, 1])]}, 413, "257 images, at most 256"),
    "a number too few": ({"inputs": [tensor(ONE, data=[0] * 47)]}, 400, "47 numbers; expected 48"),
    "data of no list": ({"inputs": [tensor(ONE, data=48)]}, 400, "expected a list of whole numbers"),
    "data of fractions": (
        {"inputs": [tensor(ONE, data=[0.5] * 48)]},
        400,
        "expected a list of whole numbers",
    ),
    "uneven data": ({"inputs": [tensor(ONE, data=[[0], 1])]}, 400, "expected a list of whole numbers"),
    "true for a number": ({"inputs": [tensor(ONE, shape=[True, 8, 6, 1])]}, 400, "shape [True"),
    "too deep data": ({"inputs": [tensor(ONE, data=[[[[[[0] * 48]]]]])]}, 400, "expected a list of whole"),
    "objects": ({"inputs": [tensor(ONE, data=[[{"a": 1}] * 48])]}, 400, "expected a list of whole numbers"),
    "an unknown output": (
        {"inputs": [tensor(ONE)], "outputs": [{"name": "x"}]},
        400,
        "outputs: expected objects",
    ),
    "no output": ({"inputs": [tensor(ONE)], "outputs": 7}, 400, "outputs: expected objects"),
    "a number as id": ({"id": 7, "inputs": [tensor(ONE)]}, 400, "id: expected a string"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_invalid_request_is_refused_in_one_line(service: Running, case: str) -> None:
    request, status, said = REFUSED[case]
    response = infer(service, request)
    assert response.status_code == status
    assert said in response.json()["error"]

"""POST /predict: however images are sent, the model's answers come back, or one line that says why not."""

import gzip
import json
import socket
from base64 import b64encode, encodebytes, urlsafe_b64encode
from codecs import BOM_UTF8
from collections.abc import Callable
from io import BytesIO
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from scipy.special import softmax

from gossamer.engine import open_engine
from gossamer.inference import Predictor
from tests.serve.conftest import CLASSES, Running, make_model

Images = Callable[[int], NDArray[np.uint8]]
JSON = {"content-type": "application/json"}


def png(image: NDArray[np.uint8]) -> bytes:
    file = BytesIO()
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(file, "PNG")
    return file.getvalue()


def expected_logits(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return Predictor(make_model(), open_engine("auto")).logits(images)


def expected(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The calibrated probabilities."""
    return np.asarray(softmax(expected_logits(images).astype(np.float64) / 1.7, axis=1))


def post(service: Running, **what: Any) -> httpx.Response:
    return httpx.post(f"{service.address}/predict", **what)


def check(response: httpx.Response, images: NDArray[np.uint8]) -> None:
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["model"] == "tiny-study"
    rows = expected(images)
    assert [each["class"] for each in answer["predictions"]] == [CLASSES[i] for i in rows.argmax(axis=1)]
    for each, row in zip(answer["predictions"], rows, strict=True):
        assert list(each["probabilities"]) == list(CLASSES)
        assert np.abs(np.array(list(each["probabilities"].values())) - row).max() <= 1e-6
    logits = [list(each["logits"].values()) for each in answer["predictions"]]
    assert np.abs(np.array(logits) - expected_logits(images)).max() <= 1e-6


@pytest.mark.parametrize(
    "kind", ["image/png", "application/octet-stream", "application/x-www-form-urlencoded", None]
)
def test_a_picture_as_it_is(service: Running, images: Images, kind: str | None) -> None:
    image = images(1)
    headers = {} if kind is None else {"content-type": kind}
    check(post(service, content=png(image[0]), headers=headers), image)


def test_a_form_with_pictures(service: Running, images: Images) -> None:
    many = images(5)
    check(post(service, files=[("any", (f"{i}.png", png(image))) for i, image in enumerate(many)]), many)


@pytest.mark.parametrize("number", [1, 7, 256])
def test_pixels_as_json(service: Running, images: Images, number: int) -> None:
    many = images(number)
    check(post(service, json={"images": many.tolist()}), many)
    check(post(service, json={"images": many[..., 0].tolist()}), many)
    check(post(service, json={"pixels": many[0, ..., 0].tolist()}), many[:1])


def url(picture: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{b64encode(picture).decode()}"


def test_pictures_inside_json(service: Running, images: Images) -> None:
    many = images(5)
    pictures = [png(image) for image in many]
    check(post(service, json={"image": url(pictures[0])}), many[:1])
    check(post(service, json={"image": many[0].tolist()}), many[:1])
    forms = [
        url(pictures[0]).replace("data:image/png", "DATA:image/PNG;name=a.png"),
        encodebytes(pictures[1]).decode(),  # in lines, as `base64` writes them
        urlsafe_b64encode(pictures[2]).decode().rstrip("="),
        url(pictures[3]).replace("+", "%2B").replace("=", "%3D"),
        many[4].tolist(),
    ]
    check(post(service, json={"images": forms}), many)


def test_pictures_inside_json_count_against_the_limit(service: Running) -> None:
    quarter = url(png(np.zeros((1_024, 1_025, 1), np.uint8)))
    assert post(service, json={"images": [quarter] * 3}, params="fit").status_code == 200
    assert post(service, json={"images": [quarter] * 4}, params="fit").status_code == 413


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_a_byte_order_mark_before_json_is_ignored(service: Running, images: Images, kind: str) -> None:
    body = BOM_UTF8 + json.dumps({"pixels": images(1)[0].tolist()}).encode()
    check(post(service, content=body, headers={"content-type": kind}), images(1))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "x-gzip", "gzip, identity"])
@pytest.mark.parametrize("path", ["predict", "v2/models/tiny-study/infer"])
def test_a_compressed_body_is_refused_by_name(service: Running, encoding: str, path: str) -> None:
    body = gzip.compress(json.dumps({"pixels": ROWS}).encode())
    headers = JSON | {"content-encoding": encoding}
    refused = httpx.post(f"{service.address}/{path}", content=body, headers=headers)
    assert refused.status_code == 415
    assert repr(encoding.partition(",")[0]) in refused.json()["error"]


def test_an_identity_encoding_is_accepted(service: Running, images: Images) -> None:
    headers = {"content-encoding": "Identity"}
    check(post(service, json={"pixels": images(1)[0].tolist()}, headers=headers), images(1))


def test_a_body_compressed_for_its_transfer_is_refused(service: Running) -> None:
    head = (
        b"POST /predict HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: gzip, chunked\r\n\r\n"
    )
    with socket.create_connection((service.host, service.port)) as client:
        client.sendall(head + b"2\r\n{}\r\n0\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(4_096), b""))
    assert answer.startswith(b"HTTP/1.1 415 ")
    assert b"'gzip'" in answer


def test_json_without_a_content_type_is_recognised(service: Running, images: Images) -> None:
    body = json.dumps({"pixels": images(1)[0].tolist()}).encode()
    check(
        post(service, content=body, headers={"content-type": "application/x-www-form-urlencoded"}), images(1)
    )


def test_fit_converts_any_picture(service: Running) -> None:
    big = np.random.default_rng(1).integers(0, 256, (300, 200, 3)).astype(np.uint8)
    refused = post(service, content=png(big))
    assert refused.status_code == 400
    assert "300x200 RGB, and the model takes 8x6 grey; ask for it to be fitted" in refused.json()["error"]
    answers = [
        post(service, content=png(big), params={"fit": "true"}),
        post(service, files={"x": png(big)}, params="fit"),
        post(service, json={"pixels": big[:60, :50].tolist()}, params={"fit": "1"}),
    ]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert answers[0].json() == answers[1].json()


def test_a_photograph_is_decoded_at_reduced_size_and_counts_as_such(service: Running) -> None:
    out = BytesIO()
    Image.new("L", (6_000, 4_000), 99).save(out, "JPEG")
    photograph = out.getvalue()
    refused = post(service, content=photograph)
    assert (refused.status_code, "more than 4,194,304 pixels" in refused.text) == (413, True)
    (alone,) = post(service, content=photograph, params="fit").json()["predictions"]
    two = post(service, files=[("x", photograph)] * 2, params="fit").json()["predictions"]
    assert two == [alone, alone]
    assert post(service, files=[("x", photograph)] * 3, params="fit").status_code == 413


def test_a_fitted_picture_is_padded_with_the_training_background(service: Running) -> None:
    wide = np.full((8, 12), 200, np.uint8)
    padded = np.zeros((8, 6), int)
    padded[2:6] = 200
    fitted, expected = (
        post(service, json={"pixels": rows.tolist()}, params="fit").json()["predictions"][0]
        for rows in (wide, padded)
    )
    assert fitted["probabilities"] == expected["probabilities"]
    assert "light at its edge" in fitted["warning"]  # as it was brought: what is beside it is as it should be


def test_an_image_unlike_the_training_images_gets_a_warning(service: Running) -> None:
    light = np.full((8, 6), 250)
    dark = np.zeros((8, 6), int)
    found = post(service, json={"images": [light.tolist(), dark.tolist()]}).json()["predictions"]
    assert "light at its edge" in found[0]["warning"]
    assert found[1]["warning"] is None


NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 1)).astype(np.uint8)
ROWS = [[0] * 6] * 8
REFUSED: dict[str, tuple[bytes, dict[str, str], int, str]] = {
    "nothing": (b"", {}, 400, "an empty body"),
    "no picture": (b"\x89PNG\r\n\x1a\n----", {}, 400, "the picture: not a readable picture"),
    "half a picture": (png(NOISE)[:2_000], {}, 400, "not a readable picture"),
    "another kind": (b"x", {"content-type": "text/plain"}, 415, "'text/plain' is not understood"),
    "no form": (b"x", {"content-type": "multipart/form-data"}, 400, "the form"),
    "a form without a picture": (
        b"--x\r\ncontent-disposition: form-data; name=a\r\n\r\n1\r\n--x--\r\n",
        {"content-type": "multipart/form-data; boundary=x"},
        400,
        "no image",
    ),
    "too many files": (
        b"".join(
            b'--x\r\ncontent-disposition: form-data; name="a"; filename="a"\r\n\r\n1\r\n' for _ in range(257)
        )
        + b"--x--\r\n",
        {"content-type": "multipart/form-data; boundary=x"},
        413,
        "Too many files",
    ),
    "a large picture": (png(np.zeros((2_049, 2_048, 1), np.uint8)), {}, 413, "more than 4,194,304 pixels"),
    "no JSON": (b"{", JSON, 400, "not valid JSON"),
    "not UTF-8": (b'{"pixels": "\xff"}', JSON, 400, "not valid JSON"),
    "a bottomless list": (b"[" * 500_000, JSON, 400, "not valid JSON"),
    "a number": (b"7", JSON, 400, 'expected {"pixels": rows}'),
    "both": (json.dumps({"pixels": ROWS, "images": [ROWS]}).encode(), JSON, 400, 'expected {"pixels": rows}'),
    "no images": (b'{"images": []}', JSON, 400, "no image; expected at least one"),
    "too many images": (
        b'{"images": [' + b",".join([b"0"] * 257) + b"]}",
        JSON,
        413,
        "257 images, at most 256",
    ),
    "no base64": (b'{"image": "http://a.example/b.png"}', JSON, 400, "image: no base64; expected a picture"),
    "base64 of no ASCII": ('{"images": ["é"]}'.encode(), JSON, 400, "images[0]: no base64"),
    "base64 of no picture": (b'{"image": "AAAA"}', JSON, 400, "image: not a readable picture"),
    "an empty picture": (b'{"image": "data:image/png;base64,"}', JSON, 400, "image: an empty picture"),
    "a data URL of text": (
        b'{"image": "data:text/html;base64,AAAA"}',
        JSON,
        415,
        "a data URL of 'text/html'",
    ),
    "a data URL of nothing": (b'{"image": "data:,AAAA"}', JSON, 415, "a data URL of ''"),
    "a data URL without base64": (b'{"image": "data:image/png,AAAA"}', JSON, 400, "without ';base64'"),
    "half a data URL": (b'{"image": "data:image/png;base64"}', JSON, 400, "image: no base64"),
    "a large picture in JSON": (
        json.dumps({"image": url(png(np.zeros((2_049, 2_048, 1), np.uint8)))}).encode(),
        JSON,
        413,
        "more than 4,194,304 pixels",
    ),
    "an image that is an object": (b'{"image": {}}', JSON, 400, "image: expected rows of pixels"),
    "base64 as pixels": (b'{"pixels": "AAAA"}', JSON, 400, "pixels: expected rows of pixels"),
    "two kinds of image": (
        json.dumps({"image": ROWS, "pixels": ROWS}).encode(),
        JSON,
        400,
        'expected {"pixels": rows}',
    ),
    "no rows": (b'{"pixels": []}', JSON, 400, "pixels: expected rows of pixels"),
    "numbers for rows": (b'{"pixels": [5000000000]}', JSON, 400, "pixels: expected rows of pixels"),
    "empty rows": (b'{"pixels": [[], []]}', JSON, 400, "pixels: expected rows of pixels"),
    "rows that differ": (b'{"pixels": [[1, 2], [1]]}', JSON, 400, "pixels: its rows differ in length"),
    "pixels that differ": (
        b'{"pixels": [[[1], [1, 2]]]}',
        JSON,
        400,
        "expected every pixel as a list of 1 numbers",
    ),
    "pixels without numbers": (b'{"pixels": [[[], []]]}', JSON, 400, "expected every pixel"),
    "four channels": (
        json.dumps({"pixels": np.zeros((8, 6, 4), int).tolist()}).encode(),
        JSON,
        400,
        "4 channels, and the model takes 8x6 grey",
    ),
    "fractions": (
        json.dumps({"pixels": [[0.5] * 6] * 8}).encode(),
        JSON,
        400,
        "expected whole numbers from 0 to 255",
    ),
    "too large a number": (
        json.dumps({"pixels": [[256] * 6] * 8}).encode(),
        JSON,
        400,
        "expected whole numbers",
    ),
    "a huge number": (b'{"pixels": [[1' + b"0" * 4_000 + b"]]}", JSON, 400, ""),
    "negative": (json.dumps({"pixels": [[-1] * 6] * 8}).encode(), JSON, 400, "expected whole numbers"),
    "words": (json.dumps({"pixels": [["a"] * 6] * 8}).encode(), JSON, 400, "expected whole numbers"),
    "nothing in it": (json.dumps({"pixels": [[None] * 6] * 8}).encode(), JSON, 400, "expected whole numbers"),
    "another size": (json.dumps({"images": [ROWS, ROWS[:7]]}).encode(), JSON, 400, "images[1]: 7x6 grey"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_invalid_body_is_refused_in_one_line(service: Running, case: str) -> None:
    body, headers, status, said = REFUSED[case]
    response = post(service, content=body, headers=headers)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    error = response.json()["error"]
    assert said in error
    assert "\n" not in error
    assert len(error) < 300


@pytest.mark.parametrize("charset", ["punycode", "undefined", "idna", "x" * 1_000])
def test_a_form_s_character_set_is_ignored(service: Running, images: Images, charset: str) -> None:
    field = b'--x\r\ncontent-disposition: form-data; name="t"\r\n\r\nxn--' + b"a" * 400_000 + b"\r\n"
    head = b'--x\r\ncontent-disposition: form-data; name="a"; filename="a"\r\n\r\n'
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    content = field + head + png(images(1)[0]) + b"\r\n--x--\r\n"
    check(post(service, content=content, headers={"content-type": kind}), images(1))


def test_pictures_count_together_against_the_limit(service: Running) -> None:
    quarter = png(np.zeros((1_024, 1_025, 1), np.uint8))
    sent = post(service, files=[("x", quarter)] * 3, params="fit")
    assert sent.status_code == 200, sent.text
    assert post(service, files=[("x", quarter)] * 4, params="fit").status_code == 413


def test_unknown_parameters_are_ignored(service: Running) -> None:
    assert post(service, json={"pixels": ROWS}, params="&".join(f"{i}=&fit=1" for i in range(99))).is_success


def test_a_wrong_parameter_value_is_refused(service: Running) -> None:
    refused = post(service, json={"pixels": ROWS}, params={"fit": "perhaps"})
    assert refused.status_code == 400
    assert "fit='perhaps': expected true or false" in refused.text


@given(
    body=st.one_of(
        st.binary(max_size=200),
        st.lists(
            st.sampled_from(
                [b"--x", b"\r\n", b"content-disposition: form-data; ", b"filename=", b'"', b"a", b"--", b": "]
            )
        ).map(b"".join),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(st.sampled_from(["pixels", "image", "images", "x"]), inner, max_size=2)
            ),
            max_leaves=20,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    kind=st.sampled_from(["application/json", "image/png", "", "multipart/form-data; boundary=x"]),
)
def test_every_request_gets_an_answer(service: Running, body: bytes, kind: str) -> None:
    response = post(service, content=body, headers={"content-type": kind})
    assert response.status_code in {200, 400, 413, 415}
    assert response.status_code == 200 or set(response.json()) == {"error"}


def test_an_answer_does_not_depend_on_its_neighbours(service: Running, images: Images) -> None:
    many = images(64)
    together = post(service, json={"images": many.tolist()}).json()["predictions"]
    alone = [post(service, json={"pixels": image.tolist()}).json()["predictions"][0] for image in many]
    assert together == alone

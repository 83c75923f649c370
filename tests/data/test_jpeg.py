"""A JPEG too large to be held: decoded at a fraction where it is made smaller, within the same limits."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gossamer.data import Reading, TooManyPixels, decode_picture, open_source, quiet_decoders
from gossamer.errors import DataError
from tests.data.hostile.pictures import good_folder, scans

ANY = Reading(fitted_later=True)


def encoded(width: int, height: int, kind: str = "JPEG", **options: Any) -> bytes:
    """A picture that is dark to its left and light to its right."""
    picture = Image.linear_gradient("L").rotate(90).resize((width, height), Image.Resampling.BILINEAR)
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("width", "height", "decoded"), [(64, 32, (32, 64)), (66, 33, (17, 33)), (255, 127, (32, 64))]
)
@pytest.mark.parametrize("kind", ["JPEG", "MPO"])
def test_the_largest_fraction_that_may_be_held_is_decoded(
    kind: str, width: int, height: int, decoded: tuple[int, int]
) -> None:
    content = encoded(width, height, kind)
    found = decode_picture(BytesIO(content), "it", ANY, 2_048, 2_048)
    assert found.shape == (*decoded, 1)
    whole = decode_picture(BytesIO(content), "it", Reading())
    by = round(width / found.shape[1])
    assert np.abs(found[::, 0, 0] - whole[::by, 0, 0].astype(int)).max() < 16
    assert found[0, -1, 0] > found[0, 0, 0] + 100


def test_a_picture_that_is_not_resized_is_decoded_in_full() -> None:
    with pytest.raises(TooManyPixels, match=r"32x65 pixels, expected at most 2,048 in all; ask for a size"):
        decode_picture(BytesIO(encoded(65, 32)), "it", Reading(), 2_048, 2_048)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "BMP", "GIF"])
def test_other_formats_keep_their_limit(kind: str) -> None:
    with pytest.raises(TooManyPixels, match=r"32x65 pixels, expected at most 2,048 in all; shrink it"):
        decode_picture(BytesIO(encoded(65, 32, kind)), "it", ANY, 2_048, 2_048)


def test_a_progressive_one_is_decoded_at_half_at_the_least() -> None:
    half, quarter = encoded(128, 64, progressive=True), encoded(256, 128, progressive=True)
    assert decode_picture(BytesIO(half), "it", ANY, 2_048, 2_048).shape == (32, 64, 1)
    with pytest.raises(TooManyPixels):
        decode_picture(BytesIO(quarter), "it", ANY, 2_048, 2_048)


def test_a_larger_one_may_have_fewer_scans() -> None:
    content = scans(40)  # of 512x512
    assert decode_picture(BytesIO(content), "it", ANY).shape == (512, 512, 1)
    with pytest.raises(DataError, match="a JPEG of more than 16 scans"):
        decode_picture(BytesIO(content), "it", ANY, 1 << 16, 1 << 16)


def test_a_budget_that_is_used_up_changes_no_fraction() -> None:
    content = encoded(64, 32)
    with pytest.raises(TooManyPixels):
        decode_picture(BytesIO(content), "it", ANY, 600, 2_048)


@pytest.mark.parametrize(("width", "height"), [(6_000, 4_000), (8_160, 6_120), (16_320, 12_240)])
def test_a_phones_photograph_is_read_with_a_size(width: int, height: int) -> None:
    out = BytesIO()
    Image.new("L", (width, height), 77).save(out, "JPEG")
    with quiet_decoders():
        found = decode_picture(out, "it", Reading((30, 40)))
        assert found.shape == (30, 40, 1)
        assert np.median(found) == 77
        with pytest.raises(TooManyPixels, match="ask for a size"):
            decode_picture(out, "it", Reading())


@pytest.mark.parametrize("suffix", ["jfif", "JFIF", "jpe", "jif", "pjpeg", "pjp", "mpo", "JPG"])
def test_every_suffix_of_a_jpeg_is_accepted(tmp_path: Path, suffix: str) -> None:
    folder = good_folder(tmp_path / "pets")
    (folder / "cat" / f"more.{suffix}").write_bytes(encoded(8, 8))
    found = open_source(str(folder))
    assert len(found.train) + len(found.test) == 11

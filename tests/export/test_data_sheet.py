"""The data sheet of an export in C: its steps add up, and its code for a camera's frame does what it says."""

import html
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gossamer.engine import open_engine
from gossamer.export import KINDS, Wanted, export_model
from gossamer.export.layers import Layer
from gossamer.network.memory import plan_memory

INTEGERS = {"c-int8": True, "c": False}


@pytest.mark.parametrize("kind", INTEGERS)
def test_the_steps_add_up(wanted: Wanted, kind: str) -> None:
    made = KINDS[kind](wanted)
    layers = [Layer(**each) for each in made.facts["layers"]]
    network, width = wanted.model.folded.network, 1 if INTEGERS[kind] else 4
    plan = plan_memory(network.graph)
    assert len(layers) == len(plan.calls)
    assert sum(each.multiply_adds for each in layers) == network.multiply_adds
    assert sum(each.constant_bytes for each in layers) == made.facts["constant_bytes"]
    assert max(each.buffer_bytes for each in layers) == width * plan.arena
    assert [each.shape for each in layers] == [call[-1].shape for call in plan.calls]
    if INTEGERS[kind]:
        assert all(each.error is not None and 0 <= each.error < 0.3 for each in layers)
    else:
        assert {each.error for each in layers} == {None}


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc on this machine")
@pytest.mark.parametrize("kind", INTEGERS)
@pytest.mark.parametrize("inverted", [0, 255])
def test_a_frame_is_cropped_scaled_and_inverted(
    small: Wanted, kind: str, inverted: int, tmp_path: Path
) -> None:
    export_model(replace(small, name="tiny"), kind, tmp_path, open_engine("auto"), force=True)
    sheet = (tmp_path / "tiny_data_sheet.html").read_text()
    (code,) = re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", sheet, re.DOTALL)
    height, width, channels = small.model.network.input_shape
    rows, columns = 4 * height, 4 * height + 7
    frame = np.random.default_rng(5).integers(0, 256, (rows, columns)).astype(np.uint8)
    main = f"""
#include <stdio.h>
int main(void)
{{
    static uint8_t frame[{rows * columns}];
    {"int32_t" if INTEGERS[kind] else "float"} logits[TINY_CLASSES];
    if (fread(frame, 1, sizeof frame, stdin) != sizeof frame) return 1;
    classify_frame(frame, {rows}, {columns}, logits);
    return fwrite(logits, sizeof logits, 1, stdout) != 1;
}}
"""
    code = html.unescape(code).replace("#define INVERT 0", f"#define INVERT {inverted}")
    (tmp_path / "main.c").write_text(code + main)
    command = ["gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "tiny.c", "main.c"]
    subprocess.run([*command, "-o", "program"], cwd=tmp_path, check=True)
    ran = subprocess.run([tmp_path / "program"], input=frame.tobytes(), capture_output=True, check=True)
    found = np.frombuffer(ran.stdout, np.int32 if INTEGERS[kind] else np.float32)

    square = frame[:, 3 : 3 + rows]
    edges = [
        [side * at // count for at in range(count + 1)] for side, count in ((rows, height), (rows, width))
    ]
    image = np.zeros((height, width, channels), np.uint8)
    for y in range(height):
        for x in range(width):
            part = square[edges[0][y] : edges[0][y + 1], edges[1][x] : edges[1][x + 1]]
            image[y, x] = inverted ^ (int(part.sum()) // part.size)
    expected = KINDS[kind](small).answer(image[None])[0]
    assert np.allclose(found / (2.0**16 if INTEGERS[kind] else 1.0), expected, atol=1e-5)

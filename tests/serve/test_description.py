"""The service's own description (OpenAPI), from which schemathesis makes requests, good and bad."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serve.conftest import Running

# Whether an image is taken depends on its size and on `fit` in ways that a schema cannot say.
LEFT_OUT = "positive_data_acceptance,negative_data_rejection"


@pytest.mark.parametrize("examples", [30, pytest.param(1_000, marks=pytest.mark.stress)])
def test_every_answer_matches_the_description(service: Running, tmp_path: Path, examples: int) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        *("run", f"{service.address}/openapi.json", "--max-examples", str(examples)),
        *("--exclude-checks", LEFT_OUT, "--no-color"),
    ]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    print(ran.stdout)  # noqa: T201 - shown where it fails, or is asked for
    assert ran.returncode == 0, ran.stdout
    assert "Operations:       8 selected / 8 total" in ran.stdout
    generated = re.search(r"([0-9,]+) generated, [0-9,]+ passed", ran.stdout)
    assert generated is not None
    assert int(generated[1].replace(",", "")) >= 2 * examples

"""`gossamer summary`: what a network takes, layer by layer and in all."""

import json
from collections.abc import Callable
from typing import Any

RESNET_8 = (
    "bn conv16 (conv16 conv16 |) (conv32s2 conv32 | conv32k1s2) (conv64s2 conv64 | conv64k1s2) gap dense"
)


def test_it_shows_trained_and_deployed_parameters_work_and_memory(gossamer: Callable[..., Any]) -> None:
    ran = gossamer("summary", RESNET_8, "--input", "32x32x3")
    assert ran.code == 0, ran.err
    *table, last = ran.out.splitlines()
    # while the second convolution of the first branches runs: a map of 32x32x16, another one two rows longer
    # for its input and output, and 3x3x64 numbers for each of the two pixels that a later one reads at once
    assert last == "78,042 trained parameters, 77,706 deployed; 34,944 bytes of activations in int8"
    total = next(line for line in table if "total" in line)
    assert "78,042" in total
    assert "12,501,632" in total
    assert sum("(|)" in line for line in table) == 3


def test_its_json_has_the_same_and_adds_up(gossamer: Callable[..., Any]) -> None:
    found = json.loads(gossamer("summary", "bn 2*sep4k5 (dw |) gap dense", "--json").out)
    assert found["layers"] == "bn sep4k5 sep4k5 dw+ gap dense"
    assert [unit["word"] for unit in found["units"]] == found["layers"].split()[1:]
    for name in ("parameters", "multiply_adds"):
        assert sum(unit[name] for unit in found["units"]) == found[name]
    norms = 1 + 4 + 4 + 4 + 4  # channels that are normalized: of each a scale and a shift, then a bias
    assert found["parameters"] - found["deployed_parameters"] == norms
    assert found["activation_bytes"] >= 28 * 28 * (4 + 4)


def test_a_model_shows_its_network(gossamer: Callable[..., Any]) -> None:
    ran = gossamer("summary", "tiny-5k", "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["layers"].startswith("bn conv8 sep16")
    refused = gossamer("summary", "tiny-5k", "--classes", "3")
    assert refused.code == 2
    assert "tiny-5k is a model" in refused.err

"""The presets are valid studies, within the parameters that their names promise."""

import pytest

from gossamer.errors import SettingError
from gossamer.network import Architecture
from gossamer.presets import PRESETS, load_preset
from gossamer.study import Study


def test_the_report_is_the_default_study() -> None:
    assert load_preset("report") == Study()


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "report"])
def test_a_preset_keeps_to_the_parameters_of_its_name(name: str) -> None:
    (layers,) = load_preset(name).network.layers
    budget = int(name.rpartition("-")[2].removesuffix("k")) * 1000
    assert 0.8 * budget < Architecture.parse(layers, (28, 28, 1), 10).parameters <= 1.0245 * budget


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (64, 48, 3)])
def test_a_preset_takes_images_of_any_size_and_colour(name: str, shape: tuple[int, int, int]) -> None:
    for layers in load_preset(name).network.layers:
        assert Architecture.parse(layers, shape, 3).input_shape == shape


def test_another_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(SettingError, match="no preset 'small-20'; did you mean 'small-20k'"):
        load_preset("small-20")
    with pytest.raises(SettingError, match="the presets are report, tiny-5k"):
        load_preset("imagenet")

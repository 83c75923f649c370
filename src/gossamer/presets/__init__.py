"""Study files that come with gossamer, by name.

`report` is the report's study; the others train small networks with today's blocks and recipes. All of them
take any images: `gossamer run --preset small-20k --data my-pictures`. A new one is a `.toml` file in this
folder, and its name in `PRESETS`.
"""

from collections.abc import Sequence
from pathlib import Path

from gossamer.checks import nearest
from gossamer.errors import SettingError
from gossamer.study import Study, read_study

PRESETS: Sequence[str] = ("report", "tiny-5k", "small-20k", "medium-100k")
"""From the first to try to the longest to train."""


def load_preset(name: str) -> Study:
    """The study of the preset `name`: see `PRESETS`.

    Raises:
        SettingError: there is none.
    """
    return read_study(preset_file(name))


def preset_file(name: str) -> Path:
    """The study file of the preset `name`.

    Raises:
        SettingError: there is none.
    """
    if name not in PRESETS:
        hint = nearest(name, PRESETS) or f"; the presets are {', '.join(PRESETS)}"
        raise SettingError(f"there is no preset {name!r}{hint}")
    return Path(__file__).with_name(f"{name}.toml")

"""The settings of a study; the defaults are the report's study."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from html import escape
from typing import Any, ClassVar

from gossamer.checks import (
    Check,
    axis,
    flag,
    from_zero,
    nearest,
    one_of,
    one_of_numbers,
    real,
    shown,
    text,
    text_or_none,
    whole,
)
from gossamer.data import BACKGROUNDS, Reading, parse_size
from gossamer.engine import DEVICES, ENGINES
from gossamer.errors import SettingError
from gossamer.search import RULES, STRATEGIES
from gossamer.study.conflicts import check_conflicts, check_same_epochs
from gossamer.training import CHECKS


def _setting(default: Any, check: Check) -> Any:
    return field(default=default, metadata={"check": check})


def _axis(*default: Any, each: Check) -> Any:
    """A setting of one value or a list of values, which is an axis of the grid."""
    return _setting(default, axis(each))


def _image_size(place: str, value: Any) -> str:
    """Height x width, as in "28x28", or an empty text."""
    try:
        parse_size(value if isinstance(value, str) else shown(value))
    except SettingError as error:
        raise SettingError(f"{place}: {error}") from error
    return str(value)


@dataclass(frozen=True)
class Section:
    """A section of a study file; its values are checked when it is made."""

    section: ClassVar[str]

    def __post_init__(self) -> None:
        for setting in fields(self):
            check: Check = setting.metadata["check"]
            checked = check(f"{self.section}.{setting.name}", getattr(self, setting.name))
            object.__setattr__(self, setting.name, checked)


@dataclass(frozen=True)
class DataSettings(Section):
    """[data]: the source of the images, how they are read, and how many are used for training (0 = all)."""

    section = "data"
    source: str = _setting("fashion-mnist", text)
    subset: int = _setting(0, whole(0, 100_000_000))
    size: str = _setting("", _image_size)
    channels: int = _setting(0, one_of_numbers(0, 1, 3))
    skip_bad: bool = _setting(default=False, check=flag)
    background: str = _setting("black", one_of(*BACKGROUNDS))

    @property
    def reading(self) -> Reading:
        """How images are read."""
        return Reading(parse_size(self.size), self.channels or None, self.skip_bad, self.background)


@dataclass(frozen=True)
class NetworkSettings(Section):
    """[network]: the layers in words; a list is an axis of the grid."""

    section = "network"
    layers: tuple[str, ...] = _axis("conv16 pool conv32 pool dense", each=text)


@dataclass(frozen=True)
class TrainingSettings(Section):
    """[training]: how every fit is trained; any list is an axis of the grid."""

    section = "training"
    learning_rate: tuple[float, ...] = _axis(0.005, 0.001, 0.0005, 0.0001, each=CHECKS["learning_rate"])
    batch_size: tuple[int, ...] = _axis(32, 64, 128, each=CHECKS["batch_size"])
    epochs: tuple[int, ...] = _axis(10, each=CHECKS["epochs"])
    optimizer: tuple[str, ...] = _axis("adam", each=CHECKS["optimizer"])
    weight_decay: tuple[float, ...] = _axis(0.0, each=CHECKS["weight_decay"])
    schedule: tuple[str, ...] = _axis("constant", each=CHECKS["schedule"])
    label_smoothing: tuple[float, ...] = _axis(0.0, each=CHECKS["label_smoothing"])
    class_weights: tuple[str, ...] = _axis("none", each=CHECKS["class_weights"])
    ema: tuple[float, ...] = _axis(0.0, each=CHECKS["ema"])
    flip: tuple[str, ...] = _axis("none", each=CHECKS["flip"])
    shift: tuple[int, ...] = _axis(0, each=CHECKS["shift"])
    rotate: tuple[float, ...] = _axis(0.0, each=CHECKS["rotate"])
    zoom: tuple[float, ...] = _axis(0.0, each=CHECKS["zoom"])
    brightness: tuple[float, ...] = _axis(0.0, each=CHECKS["brightness"])
    contrast: tuple[float, ...] = _axis(0.0, each=CHECKS["contrast"])
    erase: tuple[int, ...] = _axis(0, each=CHECKS["erase"])


def _one(name: str, default: Any = None) -> Any:
    """The setting of that name of [training], of one value; by default its own default."""
    of = next(each for each in fields(TrainingSettings) if each.name == name)
    default_of_training: Any = of.default
    return _setting(default_of_training[0] if default is None else default, CHECKS[name])


@dataclass(frozen=True)
class TeacherSettings(Section):
    """[teacher]: a larger network to distil from, and how it is trained; without layers there is none.

    Its logits, and the student's, are divided by `temperature`; `labels` is the labels' share of the loss.
    """

    section = "teacher"
    layers: str = _setting("", text_or_none)
    temperature: float = _setting(2.0, real(0, 100))
    labels: float = _setting(0.0, from_zero(1))
    learning_rate: float = _one("learning_rate", 0.001)
    batch_size: int = _one("batch_size", 64)
    epochs: int = _one("epochs")
    optimizer: str = _one("optimizer")
    weight_decay: float = _one("weight_decay")
    schedule: str = _one("schedule")
    label_smoothing: float = _one("label_smoothing")
    class_weights: str = _one("class_weights")
    ema: float = _one("ema")
    flip: str = _one("flip")
    shift: int = _one("shift")
    rotate: float = _one("rotate")
    zoom: float = _one("zoom")
    brightness: float = _one("brightness")
    contrast: float = _one("contrast")
    erase: int = _one("erase")

    @property
    def training(self) -> dict[str, Any]:
        """How it is trained: values by name, as in [training]."""
        return {each.name: getattr(self, each.name) for each in fields(TrainingSettings)}


@dataclass(frozen=True)
class SearchSettings(Section):
    """[search]: how a setting is scored, the strategy, and the rule that selects.

    With one fold, a share `holdout` of the images is for validation.
    """

    section = "search"
    folds: int = _setting(5, whole(1, 100))
    holdout: float = _setting(0.2, real(0, 0.9))
    stratified: bool = _setting(default=True, check=flag)
    repeats: int = _setting(1, whole(1, 100))
    strategy: str = _setting("grid", one_of(*STRATEGIES))
    select: str = _setting("loss", one_of(*RULES))
    nested: bool = _setting(default=False, check=flag)


@dataclass(frozen=True)
class FinalSettings(Section):
    """[final]: the share of validation images in the final fit, and its early stopping.

    A share of 0 trains on all images, patience 0 to the end. 0 epochs are those of the selected setting.
    """

    section = "final"
    validation: float = _setting(0.2, from_zero(0.9))
    max_epochs: int = _setting(50, whole(0, 10_000))
    patience: int = _setting(5, whole(0, 10_000))


@dataclass(frozen=True)
class RunSettings(Section):
    """[run]: the seed, the engine and the device."""

    section = "run"
    seed: int = _setting(0, whole(0, 2**63 - 1))
    engine: str = _setting("auto", one_of(*ENGINES))
    device: str = _setting("auto", one_of(*DEVICES))


@dataclass(frozen=True)
class Study:
    """All settings that decide the results of a study. `Study()` is the report's.

    Each mapping of `setting` ([[setting]] in a file) gives keys of [network] and [training] other values, and
    makes a grid of its own; the search is over all of them.
    """

    data: DataSettings = DataSettings()
    network: NetworkSettings = NetworkSettings()
    training: TrainingSettings = TrainingSettings()
    teacher: TeacherSettings = TeacherSettings()
    search: SearchSettings = SearchSettings()
    final: FinalSettings = FinalSettings()
    run: RunSettings = RunSettings()
    setting: Sequence[Mapping[str, Any]] = ()

    def __post_init__(self) -> None:
        alternatives = self.alternatives
        settings = [
            {key: getattr(each.network if key == "layers" else each.training, key) for key in given}
            for each, given in zip(alternatives, self.setting, strict=False)
        ]
        object.__setattr__(self, "setting", tuple(settings))
        for each in alternatives:
            check_conflicts(each)
        if self.search.strategy == "halving":
            check_same_epochs([epochs for each in self.alternatives for epochs in each.training.epochs])

    @property
    def alternatives(self) -> "list[Study]":
        """A study without `setting` for each of its mappings; this one if there are none."""
        return [self._with(number, values) for number, values in enumerate(self.setting, 1)] or [self]

    def _with(self, number: int, values: Mapping[str, Any]) -> "Study":
        sections = {"network": asdict(self.network), "training": asdict(self.training)}
        for key, value in values.items():
            section = next((name for name, keys in sections.items() if key in keys), None)
            if section is None:
                known = tuple(key for keys in sections.values() for key in keys)
                raise SettingError(
                    f"[[setting]] {number}: {key!r} is no key of [network] or [training]{nearest(key, known)}"
                )
            sections[section][key] = value
        try:
            network = NetworkSettings(**sections["network"])
            training = TrainingSettings(**sections["training"])
        except SettingError as error:
            raise SettingError(f"[[setting]] {number}: {error}") from error
        return replace(self, network=network, training=training, setting=())

    def _repr_html_(self) -> str:
        from gossamer.study.file import to_toml  # noqa: PLC0415 - which builds on this

        return f"<pre>{escape(to_toml(self))}</pre>"

"""A study file: the report's by default, the same after a round trip, and exact about what it refuses.

A bad file is a line in `BAD`: its text and the line that refuses it.
"""

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gossamer.errors import SettingError
from gossamer.search import RULES
from gossamer.study import (
    DataSettings,
    FinalSettings,
    NetworkSettings,
    RunSettings,
    SearchSettings,
    Study,
    TeacherSettings,
    TrainingSettings,
    change_study,
    parse_overrides,
    read_study,
    study_from,
    to_toml,
)
from gossamer.training.values import CHECKS

REPORT = """
[data]
source = "fashion-mnist"
subset = 0
size = ""
channels = 0
skip_bad = false
background = "black"
[network]
layers = "conv16 pool conv32 pool dense"
[training]
learning_rate = [0.005, 0.001, 0.0005, 0.0001]
batch_size = [32, 64, 128]
epochs = 10
optimizer = "adam"
weight_decay = 0.0
schedule = "constant"
label_smoothing = 0.0
class_weights = "none"
ema = 0.0
flip = "none"
shift = 0
rotate = 0.0
zoom = 0.0
brightness = 0.0
contrast = 0.0
erase = 0
[teacher]
layers = ""
[search]
folds = 5
holdout = 0.2
stratified = true
repeats = 1
strategy = "grid"
select = "loss"
nested = false
[final]
validation = 0.2
max_epochs = 50
patience = 5
[run]
seed = 0
engine = "auto"
device = "auto"
"""


def lists(values: st.SearchStrategy[Any]) -> Any:
    return st.lists(values, min_size=1, max_size=3, unique=True).map(tuple)


# Any text but a lone surrogate, which no file can hold.
TEXT = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)
STUDIES = st.builds(
    Study,
    st.builds(DataSettings, TEXT, st.integers(0, 10**8)),
    st.builds(NetworkSettings, lists(TEXT)),
    st.builds(
        TrainingSettings,
        lists(st.floats(0, 10, exclude_min=True)),
        lists(st.integers(1, 65_536)),
        lists(st.integers(1, 10_000)),
        schedule=st.just(("constant",)),
        optimizer=lists(st.sampled_from(["sgd", "adamw"])),
        weight_decay=lists(st.floats(0, 10)),
    ),
    st.builds(TeacherSettings) | st.builds(TeacherSettings, TEXT, st.floats(0, 100, exclude_min=True)),
    st.builds(
        SearchSettings,
        st.integers(2, 100),
        st.floats(0, 0.9, exclude_min=True),
        st.booleans(),
        st.integers(1, 100),
        select=st.sampled_from(list(RULES)),
    ),
    st.builds(
        FinalSettings, st.floats(0, 0.9, exclude_min=True), st.integers(0, 10_000), st.integers(0, 10_000)
    ),
    st.builds(RunSettings, st.integers(0, 2**63 - 1), st.just("torch"), st.sampled_from(["auto", "cpu"])),
    st.lists(
        st.fixed_dictionaries(
            {}, optional={"layers": lists(TEXT), "epochs": lists(st.integers(1, 10_000)), "shift": st.just(2)}
        ),
        max_size=3,
    ),
)


def read(folder: Path, content: str | bytes) -> Study:
    path = folder / "study.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_study(path)


def test_the_default_is_the_reports_study(tmp_path: Path) -> None:
    assert read(tmp_path, "") == Study()
    assert read(tmp_path, REPORT) == Study()
    assert tomllib.loads(to_toml(Study())) == tomllib.loads(REPORT)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(study=STUDIES)
def test_a_study_comes_back_from_its_file(tmp_path: Path, study: Study) -> None:
    text = to_toml(study)
    again = read(tmp_path, text)
    assert again == study
    assert to_toml(again) == text


def test_a_path_with_a_control_character_comes_back(tmp_path: Path) -> None:
    study = Study(DataSettings("a\x7fb"))
    assert read(tmp_path, to_toml(study)) == study


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("search.folds = 3", {"search.folds": 3}),
        ("[training]\nlearning_rate = 1", {"training.learning_rate": (1.0,)}),
        ("[training]\nbatch_size = [8]", {"training.batch_size": (8,)}),
        ("[network]\nlayers = 'gap dense'", {"network.layers": ("gap dense",)}),
    ],
)
def test_what_a_file_leaves_out_is_the_reports(tmp_path: Path, text: str, changes: dict[str, Any]) -> None:
    assert read(tmp_path, text) == change_study(Study(), changes)


def test_a_change_leaves_the_rest_as_it_was() -> None:
    study = study_from({"search": {"folds": 3}, "run": {"seed": 7}})
    changed = change_study(study, {"run.seed": 8, "data.subset": 10})
    assert changed == study_from({"search": {"folds": 3}, "run": {"seed": 8}, "data": {"subset": 10}})
    with pytest.raises(SettingError) as caught:
        change_study(study, {"data.subset": -1})
    assert str(caught.value) == "data.subset must be a whole number from 0 to 100000000; got -1"


NUMBER = "training.learning_rate must be a number above 0 up to 10; got"
SEED = "run.seed must be a whole number from 0 to 9223372036854775807; got"
BAD: list[tuple[str, str]] = [
    ("[serch]\nfolds = 3", "[serch] is unknown; did you mean 'search'?"),
    ("[x]", "[x] is unknown; the sections are data, network, training, teacher, search, final, run"),
    ("search = 3", "[search] must be a table of settings; got 3"),
    (
        "[training]\nlerning_rate = 0.1",
        "training.lerning_rate is unknown; did you mean 'training.learning_rate'?",
    ),
    ("[search]\nbatchsize = 8", "search.batchsize is unknown; did you mean 'training.batch_size'?"),
    ("[training]\nfolds = 3", "training.folds is unknown; did you mean 'search.folds'?"),
    ("[search]\nlearning_rate = 0.1", "search.learning_rate is now training.learning_rate"),
    ("[search]\nbatch_size = 8", "search.batch_size is now training.batch_size"),
    ("[search]\nepochs = 8", "search.epochs is now training.epochs"),
    ("[search]\nchoice = 'loss'", "search.choice is now search.select"),
    ("[final]\nzzz = 1", "final.zzz is unknown; the keys of [final] are validation, max_epochs, patience"),
    ("[training]\nlearning_rate = 0", f"{NUMBER} 0"),
    ("[training]\nlearning_rate = [0.1, -0.1]", NUMBER.replace("_rate", "_rate[1]") + " -0.1"),
    ("[training]\nlearning_rate = [0.1, 11]", NUMBER.replace("_rate", "_rate[1]") + " 11"),
    ("[training]\nlearning_rate = nan", f"{NUMBER} nan"),
    ("[training]\nlearning_rate = inf", f"{NUMBER} inf"),
    ("[training]\nlearning_rate = true", f"{NUMBER} True"),
    ("[training]\nlearning_rate = '0.1'", f"{NUMBER} '0.1'"),
    ("[training]\nlearning_rate = [[0.1]]", f"{NUMBER} [0.1]"),
    ("[training]\nlearning_rate = []", "training.learning_rate is an empty list; give at least one value"),
    (
        "[training]\nlearning_rate = [1, 1.0]",
        "training.learning_rate lists 1.0 twice; each value may stand once",
    ),
    ("[training]\nbatch_size = [8, 8]", "training.batch_size lists 8 twice; each value may stand once"),
    ("[training]\nbatch_size = 8.0", "training.batch_size must be a whole number from 1 to 65536; got 8.0"),
    ("[search]\nfolds = 0", "search.folds must be a whole number from 1 to 100; got 0"),
    ("[search]\nfolds = [5]", "search.folds must be a whole number from 1 to 100; got [5]"),
    ("[search]\nfolds = true", "search.folds must be a whole number from 1 to 100; got True"),
    ("[search]\nstratified = 1", "search.stratified must be true or false; got 1"),
    ("[search]\nstratified = 'false'", "search.stratified must be true or false; got 'false'"),
    ("[training]\nepochs = 0", "training.epochs must be a whole number from 1 to 10000; got 0"),
    ("[search]\nnested = 1", "search.nested must be true or false; got 1"),
    (
        "[search]\nselect = 'los'",
        "search.select must be one of 'loss', 'accuracy', 'balanced-accuracy', 'macro-f1', 'one-se'; got"
        " 'los';"
        " did you mean 'loss'?",
    ),
    (
        "[search]\nselect = ''",
        "search.select must be one of 'loss', 'accuracy', 'balanced-accuracy', 'macro-f1', 'one-se'; got ''",
    ),
    (
        "[training]\nepochs = [5, 10]\n[search]\nstrategy = 'halving'",
        "training.epochs has several values, and search.strategy = 'halving' takes one number of epochs; give"
        " one, or try the grid",
    ),
    (
        "[search]\nstrategy = 'halving'\n[[setting]]\n[[setting]]\nepochs = 20",
        "training.epochs has several values, and search.strategy = 'halving' takes one number of epochs; give"
        " one, or try the grid",
    ),
    (
        "[[setting]]\nlerning_rate = 3",
        "[[setting]] 1: 'lerning_rate' is no key of [network] or [training]; did you mean 'learning_rate'?",
    ),
    (
        "[[setting]]\n[[setting]]\nlearning_rate = -3",
        "[[setting]] 2: training.learning_rate must be a number above 0 up to 10; got -3",
    ),
    (
        "[[setting]]\nweight_decay = 0.01",
        "training.weight_decay = 0.01 needs training.optimizer = 'adamw' or 'sgd'; 'adam' takes none",
    ),
    ("setting = 3", "[[setting]] must be tables of settings; got 3"),
    ("[setting]\nepochs = 3", "[[setting]] must be tables of settings; got {'epochs': 3}"),
    ("[final]\nvalidation = 1", "final.validation must be a number from 0 to 0.9; got 1"),
    ("[final]\npatience = -1", "final.patience must be a whole number from 0 to 10000; got -1"),
    (
        "[final]\nvalidation = 0",
        "final.validation = 0 needs final.patience = 0 and final.max_epochs = 0 (the selected setting's"
        " epochs), for without validation images nothing says when to stop; got 5 and 50",
    ),
    (
        "[training]\nschedule = ['constant', 'cosine']\n[final]\npatience = 0",
        "training.schedule = 'cosine' needs final.patience = 0 and final.max_epochs = 0 (the selected"
        " setting's epochs), for a schedule spans a fit of a fixed length; got 0 and 50",
    ),
    (
        "[training]\nweight_decay = [0.0, 0.01]",
        "training.weight_decay = 0.01 needs training.optimizer = 'adamw' or 'sgd'; 'adam' takes none",
    ),
    (
        "[search]\nfolds = 1\nnested = true",
        "search.nested needs search.folds = 2 or more; with 1 there are no outer folds",
    ),
    (
        "[search]\nfolds = 1\nselect = 'one-se'",
        "search.select = 'one-se' needs a standard error: set search.folds or search.repeats to 2 or more",
    ),
    (
        "[training]\noptimizer = 'sdg'",
        "training.optimizer must be one of 'adam', 'adamw', 'sgd'; got 'sdg'; did you mean 'sgd'?",
    ),
    ("[training]\nema = 1", "training.ema must be a number from 0 to 0.99999; got 1"),
    ("[training]\nflip = true", "training.flip must be one of 'none', 'horizontal', 'alternating'; got True"),
    ("[run]\nseed = -1", f"{SEED} -1"),
    ("[run]\nseed = 9223372036854775808", f"{SEED} 9223372036854775808"),
    ("[run]\nseed = 1e400", f"{SEED} inf"),
    ("[run]\nseed = 1979-05-27", f"{SEED} datetime.date(1979, 5, 27)"),
    (
        "[run]\nengine = 'troch'",
        "run.engine must be one of 'auto', 'native', 'torch'; got 'troch'; did you mean 'torch'?",
    ),
    ("[data]\nsource = ''", "data.source must be a text in quotes; got ''"),
    ("[data]\nsource = 5", "data.source must be a text in quotes; got 5"),
    ("[network]\nlayers = ['dense', ' ']", "network.layers[1] must be a text in quotes; got ' '"),
]


@pytest.mark.parametrize(("text", "line"), BAD, ids=[text.replace("\n", " ") for text, _ in BAD])
def test_a_bad_value_is_refused_with_its_place(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(SettingError) as caught:
        read(tmp_path, text)
    assert str(caught.value) == f"{tmp_path / 'study.toml'}: {line}"


NO_TOML: dict[str, tuple[bytes, str]] = {
    "no TOML": (b"[search", "not a TOML file: Expected ']'"),
    "a key twice": (b"[search]\nfolds = 3\nfolds = 4", "not a TOML file: Cannot overwrite a value"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "not a TOML file: 'utf-8' codec can't decode byte 0x89"),
    "a bomb": (b"a = " + b"[" * 100_000, "not a TOML file: "),
    "too large": (b"#" * ((1 << 20) + 1), "1,048,577 bytes; a study file has at most 1,048,576"),
    "5,000 digits": (b"[run]\nseed = " + b"9" * 5_000, "not a TOML file: "),
    "5,000 hexadecimal digits": (b"[run]\nseed = 0x" + b"f" * 5_000, "run.seed must be a whole number"),
}


@pytest.mark.parametrize("case", NO_TOML)
def test_what_is_no_study_file_is_refused_in_one_line(tmp_path: Path, case: str) -> None:
    content, line = NO_TOML[case]
    with pytest.raises(SettingError) as caught:
        read(tmp_path, content)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'study.toml'}: {line}")
    assert "\n" not in message


def test_a_missing_file_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingError) as caught:
        read_study(tmp_path / "none.toml")
    assert str(caught.value) == f"{tmp_path / 'none.toml'}: cannot be read (No such file or directory)"


def test_overrides_are_toml_or_plain_words() -> None:
    changes = parse_overrides(
        [
            "training.epochs=20",
            "training.learning_rate = [0.1, 0.01]",
            'network.layers=["gap dense", "pool dense"]',
            "search.select=macro-f1",
            "search.nested=true",
            "data.source=my pictures/in=out",
        ]
    )
    assert change_study(Study(), changes) == study_from(
        {
            "training": {"epochs": 20, "learning_rate": [0.1, 0.01]},
            "network": {"layers": ["gap dense", "pool dense"]},
            "search": {"select": "macro-f1", "nested": True},
            "data": {"source": "my pictures/in=out"},
        }
    )


def test_the_last_of_two_overrides_counts() -> None:
    assert parse_overrides(["run.seed=1", "run.seed=2"]) == {"run.seed": 2}


@pytest.mark.parametrize("text", ["", "training.epochs", "epochs=3", "training.=3", ".epochs=3", "=3"])
def test_an_override_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(SettingError) as caught:
        parse_overrides([text])
    assert str(caught.value) == f"--set takes SECTION.KEY=VALUE, as in training.epochs=20; got {text!r}"


@pytest.mark.parametrize("value", ["", '["gap dense"', "'gap", "[" * 100_000])
def test_an_override_that_begins_as_toml_and_is_none_is_refused(value: str) -> None:
    with pytest.raises(SettingError) as caught:
        parse_overrides([f"network.layers={value}"])
    assert str(caught.value).startswith("--set network.layers: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_study_and_its_teacher_have_every_key_of_a_recipe() -> None:
    training = {field.name for field in fields(TrainingSettings)}
    teacher = {field.name for field in fields(TeacherSettings)}
    assert training == set(CHECKS)
    assert teacher == set(CHECKS) | {"layers", "temperature", "labels"}

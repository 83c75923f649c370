"""Names that read the same are one class: in folders, tables and Parquet, and between training and test."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from gossamer.class_names import normal_name
from gossamer.data import Dataset, open_source
from gossamer.errors import DataError
from tests.data.hostile.pictures import good_folder

COMPOSED, DECOMPOSED = "K\u00fche", "Ku\u0308he"


@given(st.text())
def test_normalisation_is_idempotent(name: str) -> None:
    assert normal_name(normal_name(name)) == normal_name(name)


@pytest.mark.parametrize("name", [DECOMPOSED, f" {COMPOSED}", f"{DECOMPOSED}\n"])
def test_names_that_look_the_same_are_equal(name: str) -> None:
    assert normal_name(name) == COMPOSED


def pictures(folder: Path) -> list[tuple[str, Path]]:
    """Pictures of two classes, whose first comes under both of its names."""
    good_folder(folder)
    return [
        (([COMPOSED, DECOMPOSED][i % 2] if name == "cat" else "dog"), folder / name / f"{i}.png")
        for name in ("cat", "dog")
        for i in range(5)
    ]


def as_folders(found: list[tuple[str, Path]], place: Path) -> None:
    for name, path in found:
        (place / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place / name / path.name)


def in_folders(tmp_path: Path) -> Path:
    as_folders(pictures(tmp_path / "pets"), tmp_path / "set")
    return tmp_path / "set"


def in_parts(tmp_path: Path) -> Path:
    found = pictures(tmp_path / "pets")
    as_folders([each for each in found if each[0] != DECOMPOSED], tmp_path / "set" / "train")
    as_folders([each for each in found if each[0] != COMPOSED], tmp_path / "set" / "test")
    return tmp_path / "set"


def in_csv(tmp_path: Path) -> Path:
    rows = [f"{path.relative_to(tmp_path)},{name}" for name, path in pictures(tmp_path / "pets")]
    (tmp_path / "set.csv").write_text("\n".join(["path,label", *rows]))
    return tmp_path / "set.csv"


def in_parquet(tmp_path: Path) -> Path:
    found = pictures(tmp_path / "pets")
    table = pa.table({"image": [p.read_bytes() for _, p in found], "label": [name for name, _ in found]})
    parquet.write_table(table, tmp_path / "set.parquet")
    return tmp_path / "set.parquet"


@pytest.mark.parametrize("write", [in_folders, in_parts, in_csv, in_parquet])
def test_a_source_reads_them_as_one_class(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    found: Dataset = open_source(str(write(tmp_path)))
    assert found.train.classes == (COMPOSED, "dog")
    assert sorted(found.train.class_counts.tolist()) == ([3, 5] if write is in_parts else [4, 4])


def test_two_labels_of_one_name_in_parquets_metadata_are_refused(tmp_path: Path) -> None:
    found = pictures(tmp_path / "pets")
    features = {"label": {"names": ["crane", "dog", "crane"], "_type": "ClassLabel"}}
    about = {"huggingface": json.dumps({"info": {"features": features}})}
    table = pa.table({"image": [p.read_bytes() for _, p in found], "label": [i % 3 for i in range(10)]})
    parquet.write_table(table.replace_schema_metadata(about), tmp_path / "set.parquet")
    with pytest.raises(DataError, match="two classes are called 'crane'"):
        open_source(str(tmp_path / "set.parquet"))

"""Reads tables of pixels: one file, or a folder with a training and a test table, as on Kaggle."""

import re
from collections import defaultdict
from pathlib import Path

import numpy as np

from gossamer.data.arrays import arrays_dataset
from gossamer.data.dataset import Dataset
from gossamer.data.litter import is_litter
from gossamer.data.parts import TEST, TRAIN, VALIDATION, arrange
from gossamer.data.pixel_columns import PixelColumns
from gossamer.data.pixel_table import PixelTable, columns_of, read_pixel_table
from gossamer.errors import DataError

_PART = re.compile(rf"(.*?)[-_. ]?({'|'.join(TRAIN + TEST + VALIDATION)})")

_Tables = dict[str, tuple[Path, PixelColumns]]


def recognises(path: Path) -> bool:
    """Whether `path` is a table of pixels, or a folder with one whose name ends in "train"."""
    return bool(_sets(path)) if path.is_dir() else columns_of(path) is not None


def read(path: Path) -> Dataset:
    """The data set in the table `path`, or in a folder's tables, such as mnist_train.csv and mnist_test.csv.

    If there is a single table, or the test table has no labels (as in Kaggle's competitions), a fifth of each
    class becomes the test set.

    Raises:
        DataError: a table is invalid, or a folder has several data sets.
        OSError: a table cannot be read.
    """
    if columns := columns_of(path):
        table = read_pixel_table(path, columns)
        return arrays_dataset(path.stem, str(path), (table.images, table.labels), None, None, table.notes)
    sets = _sets(path)
    if len(sets) > 1:
        names = ", ".join(sorted(name or "train" for name in sets))
        raise DataError(f"{path}: holds the tables of {names}; put those of one data set into a folder")
    return _read_parts(path, *sets.values())


def _read_parts(folder: Path, tables: _Tables) -> Dataset:
    where, name = str(folder), folder.resolve().name
    unlabelled = [part for part, (_, columns) in tables.items() if not columns.labels]
    notes = tuple(f"{tables[part][0]} has no labels and is left out" for part in unlabelled)
    labelled = {part: table for part, table in tables.items() if part not in unlabelled}
    if unlabelled and len(labelled) == 1:
        ((path, columns),) = labelled.values()
        table = read_pixel_table(path, columns)
        whole = (table.images, table.labels)
        return arrays_dataset(name, where, whole, None, None, (*notes, *table.notes))
    parts = arrange(labelled, where)
    if parts is None:
        raise DataError(f"{where}: its training table has no labels; call a column 'label'")
    read: dict[str, PixelTable] = {}
    for part in parts.used:
        label = read[parts.train[0]].label if read else None
        read[part] = read_pixel_table(*labelled[part], label)
        if read[part].images.shape[1:] != (shape := read[parts.train[0]].images.shape[1:]):
            raise DataError(
                f"{labelled[part][0]}: images of {read[part].images.shape[1:]}, expected {shape} as in"
                f" {labelled[parts.train[0]][0].name}"
            )
    train = [read[part] for part in parts.train]
    images = np.concatenate([table.images for table in train])
    labels = [label for table in train for label in table.labels]
    test = read[parts.test] if parts.test else None
    return arrays_dataset(
        name,
        where,
        (images, labels),
        None if test is None else (test.images, test.labels),
        None,
        (*notes, *parts.notes, *train[0].notes),
    )


def _sets(folder: Path) -> dict[str, _Tables]:
    """The folder's data sets by the prefix of their files' names, each with its tables by part."""
    found: defaultdict[str, _Tables] = defaultdict(dict)
    for path in sorted(folder.iterdir()):
        named = _PART.fullmatch(path.stem.lower())
        if named and not is_litter(path.name) and (columns := columns_of(path)):
            if named[2] in found[named[1]]:
                raise DataError(f"{path}: the folder has another table for {named[2]}; expected one")
            found[named[1]][named[2]] = path, columns
    return {name: tables for name, tables in found.items() if set(tables) & set(TRAIN)}

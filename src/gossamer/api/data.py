"""Data sets in Python: read one, and find networks for its images."""

import os
from collections.abc import Callable

from gossamer.checks import amount
from gossamer.data import Dataset, Reading, open_source
from gossamer.network import Architecture, Budgets
from gossamer.network import suggest_networks as suggest

Amount = int | str
"""A budget: 20000, "20k" or "3M"."""
OnDownload = Callable[[str, int, int | None], None]
"""Called with a file's name, the bytes that are there, and how many there will be (None: unknown)."""


def load_data(
    source: str | os.PathLike[str],
    *,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    skip_bad: bool = False,
    background: str | None = None,
    on_download: OnDownload | None = None,
) -> Dataset:
    """The data set that `source` names: fashion-mnist, digits, or a path (docs/data.md).

    Args:
        source: the name or the path.
        size: (H, W) that every image is resized to.
        channels: 1 for grey, 3 for RGB.
        skip_bad: leave out files that are no pictures, and say so in the data set's notes.
        background: "black" (the default) or "white": what lies behind transparent pixels, and beside
            pictures that `size` pads.
        on_download: called as files arrive.

    Raises:
        DataError: there is no such data set, or it cannot be read.
    """
    reading = Reading(size, channels, skip_bad, background)
    return open_source(os.fspath(source), on_download, reading)


def suggest_networks(
    data: Dataset | str | os.PathLike[str],
    *,
    max_parameters: Amount | None = None,
    max_multiply_adds: Amount | None = None,
    max_ram: Amount | None = None,
    max_flash: Amount | None = None,
    count: int = 8,
) -> list[Architecture]:
    """At most `count` networks for a data set's images within budgets, the smallest first; none is trained.

    Args:
        data: a data set, or what `load_data` takes.
        max_parameters: that are trained, those of norms included; 20000 or "20k", as the others.
        max_multiply_adds: for one image.
        max_ram: bytes of activations in 8-bit integers, image included; "32k" is 32 KiB.
        max_flash: bytes of constants in 8-bit integers, and of code.
        count: how many networks at most.

    Raises:
        DataError: the data set cannot be read.
        SettingError: no network is that small, or no budget is given.
    """
    budgets = budgets_of(max_parameters, max_multiply_adds, max_ram, max_flash)
    train = (data if isinstance(data, Dataset) else load_data(data)).train
    return suggest(train.shape, len(train.classes), budgets, count)


def budgets_of(
    max_parameters: Amount | None,
    max_multiply_adds: Amount | None,
    max_ram: Amount | None,
    max_flash: Amount | None,
) -> Budgets:
    """The budgets as `suggest_networks` takes them.

    Raises:
        SettingError: a value is no whole number above 0, or no budget is given.
    """

    def read(name: str, value: Amount | None, thousand: int = 1000) -> int | None:
        return None if value is None else amount(name, value, thousand)

    return Budgets(
        read("max-parameters", max_parameters),
        read("max-multiply-adds", max_multiply_adds),
        read("max-ram", max_ram, 1024),
        read("max-flash", max_flash, 1024),
    )

"""The parts of a data set (train, val, test), and their use."""

from collections.abc import Iterable
from dataclasses import dataclass

from gossamer.errors import DataError

TRAIN, TEST, VALIDATION = ("train", "training"), ("test", "testing"), ("val", "valid", "validation")


@dataclass(frozen=True)
class Parts:
    """Which parts, by name, are for training, and which one is the test set.

    `test` is None if there is no test part: a fifth of each class becomes the test set.
    """

    train: tuple[str, ...]
    test: str | None
    notes: tuple[str, ...] = ()

    @property
    def used(self) -> tuple[str, ...]:
        """The training parts, and the test part if there is one."""
        return self.train if self.test is None else (*self.train, self.test)


def arrange(names: Iterable[str], where: str) -> Parts | None:
    """The use of the parts `names`, in upper or lower case; None if none of them is a training part.

    Validation images join the training images, because a study makes its own folds; without a test part
    they are the test set. Other names are ignored.

    Raises:
        DataError: there is only a training part, or there are two of one kind.
    """
    names = list(names)
    train, test, validation = (_one(names, words, where) for words in (TRAIN, TEST, VALIDATION))
    if train is None:
        return None
    if test is not None and validation is not None:
        return Parts(
            (train, validation), test, (f"{where}: the images of {validation} join those of {train}",)
        )
    if validation is not None:
        return Parts(
            (train,), validation, (f"{where} has no test: the images of {validation} are the test set",)
        )
    if test is None:
        raise DataError(
            f"{where}: has {train} but neither test nor val; add one, or give all images in one piece"
        )
    return Parts((train,), test)


def _one(names: list[str], words: tuple[str, ...], where: str) -> str | None:
    found = [name for name in names if name.lower() in words]
    if len(found) > 1:
        raise DataError(f"{where}: has both {found[0]} and {found[1]}; expected one of them")
    return found[0] if found else None

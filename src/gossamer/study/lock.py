"""One run at a time in a study folder; the system lifts the lock when its holder dies."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from gossamer.errors import StudyFolderError
from gossamer.locks import locked_file
from gossamer.study.folder import StudyFolder

PATIENCE_SECONDS = 1.0
"""Longer than another process takes to see whether the lock is held."""


@contextmanager
def locked(folder: StudyFolder, *, shared: bool = False) -> Iterator[None]:
    """Hold the folder, which is there, for the block; `shared` with others that only read it.

    Raises:
        StudyFolderError: a run holds it, or it cannot be written.
    """
    with ExitStack() as held:
        try:
            held.enter_context(locked_file(folder.lock, seconds=PATIENCE_SECONDS, shared=shared))
        except TimeoutError:
            raise StudyFolderError(
                f"{folder.path}: another `gossamer run` is at work in this folder; watch it with"
                f" `gossamer status {folder.path}`, or name another folder with --out"
            ) from None
        except OSError as error:
            raise StudyFolderError(
                f"{folder.path}: cannot be written ({error.strerror}); name another folder with --out"
            ) from error
        yield


def is_locked(folder: StudyFolder) -> bool:
    """Whether a run is at work in the folder."""
    try:
        with locked_file(folder.lock, seconds=0, shared=True):
            return False
    except TimeoutError:
        return True

"""The studies beside a study that opened the same test set: who selects among them by it selects on it."""

from contextlib import suppress
from pathlib import Path

from gossamer.errors import GossamerError
from gossamer.search import Journal
from gossamer.study.folder import StudyFolder


def studies_beside(folder: StudyFolder, test_fingerprint: str) -> list[Path]:
    """Study folders in the same place, in order of their names, with a logged access to these test images.

    Journals that cannot be read are left out.
    """
    here, found = folder.path.resolve(), []
    for path in sorted(here.parent.glob(f"*/{folder.journal.name}")):
        with suppress(GossamerError, OSError):
            if path.parent != here and test_fingerprint in _opened(path):
                found.append(path.parent)
    return found


def _opened(journal: Path) -> set[str]:
    with Journal(journal, read_only=True) as opened:
        return {test for _, test in opened.accesses()}

"""Files that operating systems leave in folders and archives; readers skip them."""

from pathlib import PurePath

_NAMES = frozenset(
    {
        # macOS; most of its names begin with a full stop and are hidden (.DS_Store, ._x.jpg)
        *("__macosx", "icon\r", "network trash folder", "temporary items"),
        # Windows
        *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini"),
        *("$recycle.bin", "recycler", "system volume information"),
        # Linux, at the root of a disk
        "lost+found",
        # NAS boxes: Synology, QNAP
        *("@eadir", "@tmp", "@sharebin", "@recycle", "@recently-snapshot", "#recycle", "#snapshot"),
        # Python
        "__pycache__",
    }
)
_ENDS = ("@synoresource", "@synoeastream")


def is_litter(name: str) -> bool:
    """Whether a file or folder of that name is hidden (.ipynb_checkpoints) or known litter."""
    known = name.lower()
    return known.startswith(".") or known in _NAMES or known.endswith(_ENDS)


def lies_in_litter(path: str) -> bool:
    """Whether a part of the relative `path` is litter; "." and ".." are not."""
    return any(is_litter(part) for part in PurePath(path).parts if part not in {".", ".."})

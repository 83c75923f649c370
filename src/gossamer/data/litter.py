"""What systems leave in folders and archives of their own accord: it is passed over wherever one is read."""

from pathlib import PurePath

_NAMES = frozenset(
    {
        # macOS, where a name does not begin with a full stop as most do (.DS_Store, ._x.jpg)
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
    """Whether a file or folder of that name is none of the user's: hidden (.ipynb_checkpoints), or known."""
    known = name.lower()
    return known.startswith(".") or known in _NAMES or known.endswith(_ENDS)


def lies_in_litter(path: str) -> bool:
    """Whether a part of the relative `path` is litter; "." and ".." are none."""
    return any(is_litter(part) for part in PurePath(path).parts if part not in {".", ".."})

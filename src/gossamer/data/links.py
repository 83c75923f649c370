"""A data set keeps within itself: what a link, or a path in a table, leads to lies below the set's folder."""

from pathlib import Path


def leads_inside(path: Path, root: Path) -> bool:
    """Whether `path`, followed to its end, is there and lies below `root`, which is resolved."""
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # nothing there, or a circle of links
        return False

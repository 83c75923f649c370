"""Links and paths of a data set must not lead out of its folder."""

from pathlib import Path


def leads_inside(path: Path, root: Path) -> bool:
    """Whether `path`, with links followed, exists and is below `root`, a resolved path."""
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # it does not exist, or links form a circle
        return False

"""Trained models that come with gossamer, by name, each with a model card beside it.

`gossamer predict tiny-5k photo.png` takes one wherever a model file is asked for. `make frontier` trains
and writes them.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
SUFFIX = ".safetensors"


def model_names() -> tuple[str, ...]:
    """The names of all models."""
    return tuple(sorted(path.stem for path in FOLDER.glob(f"*{SUFFIX}")))


def is_ours(file: Path) -> bool:
    """Whether the model file comes with gossamer: nothing is to be written beside it."""
    return file.resolve().parent == FOLDER.resolve()


def named_model(name: str) -> Path | None:
    """The file of the model of that name, if there is one."""
    return FOLDER / f"{name}{SUFFIX}" if name in model_names() else None

"""What the command line's tests share: the command itself, and a study that takes a second."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gossamer.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def gossamer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Ran]:
    """Runs `gossamer` with the given words, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str) -> Ran:
        monkeypatch.setattr("sys.argv", ["gossamer", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        printed = capsys.readouterr()
        return Ran(code if isinstance(code, int) else 0, printed.out, printed.err)

    return run


@pytest.fixture
def tiny_study(idx_folder: Path, tmp_path: Path) -> Path:
    """A study file over the tiny data set: two cells of two folds."""
    path = tmp_path / "tiny-study.toml"
    path.write_text(
        f"""
        [data]
        source = "{idx_folder}"
        [network]
        layers = "conv2 dense"
        [training]
        learning_rate = [0.01, 0.001]
        batch_size = 4
        epochs = 2
        [search]
        folds = 2
        [final]
        validation = 0.5
        max_epochs = 3
        """
    )
    return path

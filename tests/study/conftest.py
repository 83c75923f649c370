"""What the study's tests share: a study of twelve images that runs in a tenth of a second."""

from pathlib import Path

import pytest

from gossamer.study import (
    DataSettings,
    FinalSettings,
    NetworkSettings,
    SearchSettings,
    Study,
    TrainingSettings,
)


@pytest.fixture
def study(idx_folder: Path) -> Study:
    """Two rates and two batch sizes on two folds of the tiny data set."""
    return Study(
        DataSettings(str(idx_folder)),
        NetworkSettings(("conv2 pool dense",)),
        TrainingSettings(learning_rate=(0.1, 0.01), batch_size=(2, 4), epochs=(2,)),
        search=SearchSettings(folds=2),
        final=FinalSettings(validation=0.25, max_epochs=4, patience=3),
    )

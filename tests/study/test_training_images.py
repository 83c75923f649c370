"""The images that a model may be judged by are those that it was not trained on."""

from dataclasses import replace
from pathlib import Path

import pytest

from gossamer.errors import DataError
from gossamer.network import load_model
from gossamer.study import (
    FinalSettings,
    SearchSettings,
    Study,
    StudyFolder,
    plan_study,
    run_study,
    training_images,
)

ALL = FinalSettings(validation=0.0, max_epochs=0, patience=0)


def finished(study: Study, folder: Path) -> Path:
    run_study(plan_study(study), StudyFolder(folder))
    return folder


def test_validation_images_stay_what_they_are(study: Study, tmp_path: Path) -> None:
    folder = finished(study, tmp_path / "a")
    found = training_images(load_model(folder / "model.safetensors"), folder)
    assert (len(found.train), len(found.validation), found.fold_models()) == (9, 3, ())


@pytest.mark.parametrize(
    ("search", "fits"),
    [
        (SearchSettings(folds=3), 3),
        (SearchSettings(folds=2, repeats=2), 2),
        (SearchSettings(folds=1, holdout=0.5), 1),
    ],
)
def test_without_any_the_fits_of_the_search_stand_in(
    study: Study, tmp_path: Path, search: SearchSettings, fits: int
) -> None:
    folder = finished(replace(study, search=search, final=ALL), tmp_path / "a")
    model = load_model(folder / "model.safetensors")
    found = training_images(model, folder)
    assert (len(found.train), len(found.validation)) == (12, 0)
    models = found.fold_models()
    assert len(models) == fits
    held_out = [image.tobytes() for each in models for image in each.held_out.images]
    assert len(held_out) == len(set(held_out)) == (6 if search.folds == 1 else 12)
    for each in models:
        trained_on = {image.tobytes() for image in each.train.images}
        assert trained_on.isdisjoint(image.tobytes() for image in each.held_out.images)
        assert each.model.network is model.network
        assert each.model.hash != model.hash


def test_without_a_journal_nothing_stands_in(study: Study, tmp_path: Path) -> None:
    folder = finished(replace(study, final=ALL), tmp_path / "a")
    found = training_images(load_model(folder / "model.safetensors"), folder)
    (folder / "journal.db").unlink()
    assert found.fold_models() == []


def test_a_source_that_was_trained_on_has_no_validation_images(
    study: Study, tmp_path: Path, idx_folder: Path
) -> None:
    folder = finished(replace(study, final=ALL), tmp_path / "a")
    model = load_model(folder / "model.safetensors")
    alone = tmp_path / "alone.safetensors"
    model.save(alone)
    found = training_images(model, alone, str(idx_folder))
    assert (len(found.train), len(found.validation)) == (12, 0)
    unknown = replace(model, provenance={})
    with pytest.raises(DataError, match="leaves 10 of 12 images"):  # a fifth is too few of these
        training_images(unknown, alone, str(idx_folder))

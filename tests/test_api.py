"""The study in Python: load, run, look."""

import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gossamer
from gossamer.api import Prediction, Unreadable
from gossamer.data import Dataset
from gossamer.errors import GossamerError, StudyFolderError
from gossamer.study.events import FinalEpoch, FitDone
from gossamer.training import Epoch

STUDY = gossamer.Study(
    network=gossamer.NetworkSettings(("conv4 pool dense",)),
    training=gossamer.TrainingSettings(learning_rate=(0.01, 0.003), batch_size=(32, 64), epochs=(2,)),
    search=gossamer.SearchSettings(folds=3),
    final=gossamer.FinalSettings(max_epochs=3),
)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return gossamer.load_data("digits")


@pytest.fixture(scope="module")
def events() -> list[object]:
    return []


@pytest.fixture(scope="module")
def results(
    digits: Dataset, events: list[object], tmp_path_factory: pytest.TempPathFactory
) -> gossamer.StudyResults:
    out = tmp_path_factory.mktemp("api") / "study"
    return gossamer.run(STUDY, digits, out=out, workers=2, on_event=events.append)


def test_results_are_the_folders(results: gossamer.StudyResults) -> None:
    assert results.to_json() == (results.folder / "results.json").read_text()
    assert results.test.n == 359
    assert results.selection.rule == "loss"
    assert results.report.is_file()
    assert gossamer.open_study(results.folder).to_json() == results.to_json()


def test_tables_are_data_frames(results: gossamer.StudyResults) -> None:
    assert list(results.table["param_batch_size"]) == [32, 64, 32, 64]
    assert results.table["rank_val_loss"].min() == 1
    assert list(results.comparisons["significant"]) == [
        each.significant for each in results.selection.comparisons or ()
    ]
    assert results.networks.empty
    assert list(results.history["epoch"]) == list(range(1, len(results.history) + 1))


def test_without_pandas_one_line_says_what_to_install(
    results: gossamer.StudyResults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(GossamerError, match=r"pip install 'gossamer\[pandas\]'"):
        _ = results.table


def test_the_model_predicts(results: gossamer.StudyResults, digits: Dataset) -> None:
    found = results.classifier.predict(digits.train.images)
    assert (found == np.array(digits.train.classes)[digits.train.labels]).mean() > 0.3
    assert results.model.network.words == "conv4 pool dense"


def test_every_epoch_and_fit_is_an_event(results: gossamer.StudyResults, events: list[object]) -> None:
    fits = [event for event in events if isinstance(event, FitDone)]
    assert len(fits) == 4 * 3
    assert all(isinstance(epoch, Epoch) for fit in fits for epoch in fit.history)
    assert {len(fit.history) for fit in fits} == {2}
    assert sum(isinstance(event, FinalEpoch) for event in events) == results.record.final.epochs


def test_a_source_in_words_and_the_data_set_itself_are_one_study(
    results: gossamer.StudyResults, tmp_path: Path
) -> None:
    assert gossamer.run(STUDY, "digits", out=tmp_path / "words").to_json() == results.to_json()
    again = gossamer.run(STUDY, "digits", out=results.folder)  # nothing is done anew
    assert again.to_json() == results.to_json()


def test_own_arrays_are_studied(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    labels = np.arange(60) % 2
    images = random.integers(0, 100, (60, 6, 6)) + 100 * labels[:, np.newaxis, np.newaxis]
    data = gossamer.dataset_from_arrays(images, labels, classes=["dark", "light"], name="mine")
    results = gossamer.run(
        replace(STUDY, training=replace(STUDY.training, epochs=(1,))), data, out=tmp_path / "mine"
    )
    assert results.record.data.name == "mine"
    assert 'source = "mine"' in (tmp_path / "mine" / "study.toml").read_text()


def well_formed(html: str) -> ET.Element:
    return ET.fromstring(f"<div>{html}</div>")  # noqa: S314 - our own


def test_notebooks_show_them_well(results: gossamer.StudyResults, digits: Dataset) -> None:
    page = well_formed(results._repr_html_().replace("&nbsp;", " "))
    text = "".join(page.itertext())
    assert "of 359 test images correct" in " ".join(text.split())
    assert len(page.findall(".//tbody/tr")) == 4
    assert text.count("★") == 1
    assert "4 other" not in repr(results)
    assert repr(results).startswith("<study of digits in ")
    shown = well_formed(digits._repr_html_().replace('"></td>', '"/></td>'))  # XML wants images closed
    assert len(shown.findall(".//img")) == 10
    assert "learning_rate = [0.01, 0.003]" in "".join(well_formed(STUDY._repr_html_()).itertext())


def test_names_in_notebooks_are_escaped_and_the_seal_stays_closed() -> None:
    images = np.arange(10 * 16, dtype=np.uint8).reshape(10, 4, 4)
    hostile = ["<script>", '"&']
    data = gossamer.dataset_from_arrays(images, np.arange(10) % 2, images[:2] + 90, [0, 1], hostile, "<b>")
    shown = data._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "sealed" in repr(data.test)
    assert shown.count("<img") == 2  # training images of two classes, and no other


def test_what_the_commands_do_is_done_in_python(
    results: gossamer.StudyResults, digits: Dataset, tmp_path: Path
) -> None:
    folder, record = results.folder, results.record
    assert gossamer.preview(STUDY, digits, out=folder).missing == ()
    assert gossamer.preview(STUDY, digits, out=tmp_path / "none", workers=2).fits == 12
    status = gossamer.study_status(folder)
    assert (status.done, status.finished, status.accesses) == (12, True, record.test.accesses)
    page = folder.joinpath("report.html").read_bytes()
    assert gossamer.write_report(folder).read_bytes() == page
    assert gossamer.verify_study(folder, "digits").fits == 13
    assert gossamer.evaluate_model(folder, "digits").correct == record.test.correct
    compared = gossamer.compare_studies([folder, folder], tmp_path / "compare.html")
    assert compared.same_test
    assert (tmp_path / "compare.html").is_file()
    exported = gossamer.export_model(folder, "html", tmp_path / "export")
    assert exported.parity.changed_labels == 0
    networks = gossamer.suggest_networks(digits, max_parameters=2_000, count=3)
    assert 1 <= len(networks) <= 3
    assert all(network.parameters <= 2_000 for network in networks)


def test_pictures_are_answered_in_their_order(
    results: gossamer.StudyResults, digits: Dataset, tmp_path: Path
) -> None:
    names = [str(tmp_path / f"{number}.png") for number in range(3)]
    images = digits.train.images[:2]
    for name, pixels in zip(names, images, strict=False):
        Image.fromarray(pixels[..., 0]).save(name)
    Path(names[2]).write_text("no picture")
    unreadable, *read = gossamer.predict_images(results.model, names)
    assert [each.name for each in (*read, unreadable)] == names
    assert [each.label for each in read if isinstance(each, Prediction)] == list(
        results.classifier.predict(images)
    )
    assert isinstance(unreadable, Unreadable)
    assert names[2] in unreadable.error


def test_what_is_no_study_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StudyFolderError, match="not a study folder; expected one that"):
        gossamer.open_study(tmp_path)


def test_the_catalogue_is_quick_and_whole() -> None:
    for name in gossamer.__all__:
        assert getattr(gossamer, name).__doc__
        assert name in gossamer.__doc__
    assert set(gossamer.__all__) <= set(dir(gossamer))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'; it has DataSettings"):
        gossamer.nothing  # noqa: B018

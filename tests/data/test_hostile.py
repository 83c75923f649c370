"""Nothing that a file says is trusted: what is wrong with a source is one line that names it."""

from pathlib import Path

import pytest

from gossamer.data import open_source
from gossamer.errors import DataError
from tests.data.hostile import FORMS, Hostile

ALL = [(form, case) for form, cases in FORMS.items() for case in cases.CASES]


@pytest.mark.parametrize("form", FORMS)
def test_the_undamaged_sources_are_valid(form: str, tmp_path: Path) -> None:
    found = open_source(str(FORMS[form].make_good(tmp_path)))
    assert (len(found.train), len(found.test)) == (8, 2)


@pytest.mark.parametrize(("form", "case"), ALL, ids=[f"{form}: {case.what}" for form, case in ALL])
def test_it_is_refused_in_one_line_that_names_it(tmp_path: Path, form: str, case: Hostile) -> None:
    source = FORMS[form].make_good(tmp_path)
    case.make(source)
    with pytest.raises(DataError) as caught:
        open_source(str(source))
    line = str(caught.value)
    assert case.words in line
    assert "\n" not in line
    assert source.stem in line or "class" in line

"""The C code compiles without a warning, runs as a firmware engineer uses it, and needs a C compiler."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

from gossamer.data import in_turns
from gossamer.engine import open_engine
from gossamer.errors import ExportError, SettingError
from gossamer.export import KINDS, Wanted, export_model
from gossamer.export.c_source import c_source
from gossamer.export.compiled import WARNINGS
from tests.export.conftest import TEMPERATURE, engine_logits

STRICT = (
    *("-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wconversion", "-Wsign-conversion", "-Wshadow"),
    *("-Wdouble-promotion", "-Wcast-qual", "-Wundef"),
)
EVERY_FUNCTION = pytest.mark.parametrize(
    "wanted", ["separable blocks", "branches", "no convolution"], indirect=True
)
"""Networks that have every function of the C code among them, and next to none."""


SANITIZED = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


GCC = ("gcc", "-std=c99")


@pytest.mark.parametrize("integers", [False, True])
def test_the_sources_compile_without_a_warning_and_pass_their_own_test(
    wanted: Wanted, tmp_path: Path, integers: bool
) -> None:
    compile_and_check(wanted, tmp_path, GCC, integers)


@EVERY_FUNCTION
@pytest.mark.parametrize(
    "compiler", [("clang", "-std=c99"), ("g++", "-std=c++11", "-xc++")], ids=lambda c: c[0]
)
@pytest.mark.parametrize("integers", [False, True])
def test_so_they_do_with_other_compilers(
    wanted: Wanted, tmp_path: Path, compiler: tuple[str, ...], integers: bool
) -> None:
    compile_and_check(wanted, tmp_path, compiler, integers)


def compile_and_check(wanted: Wanted, tmp_path: Path, compiler: tuple[str, ...], integers: bool) -> None:
    if shutil.which(compiler[0]) is None:
        pytest.skip(f"no {compiler[0]} on this machine")
    kind = "c-int8" if integers else "c"
    export_model(replace(wanted, golden=5, name="tiny"), kind, tmp_path, open_engine("auto"), force=True)
    macros = ["-DTINY_PROBABILITIES", "-DTINY_STATIC_BUFFER"]
    strict = [*compiler, *STRICT, *SANITIZED, "-g1", "-O1"]
    subprocess.run([*strict, *macros, "tiny.c", "tiny_test.c", "-o", "test", "-lm"], cwd=tmp_path, check=True)
    ran = subprocess.run([str(tmp_path / "test")], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "5 of 5 images" in ran.stdout


CALLER = """
#include "tiny_golden.h"
#include <stdio.h>
#include <string.h>

int main(void)
{
    static PLACE other[TINY_BUFFER + 1], *buffer = other + 1;
    LOGIT logits[TINY_CLASSES];
    float probabilities[TINY_CLASSES];
    int i, c;
    for (i = 0; i < TINY_GOLDEN; i++) {
        const uint8_t *image = tiny_golden_images[i];
#ifdef TINY_IMAGE_AT
        image = memcpy(buffer + TINY_IMAGE_AT, image, sizeof tiny_golden_images[i]);
#endif
        tiny_classify(image, logits, i % 2 ? buffer : NULL);
        tiny_probabilities(logits, probabilities);
        for (c = 0; c < TINY_CLASSES; c++) {
            printf("%.7f ", (double)probabilities[c]);
        }
    }
    return 0;
}
"""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc on this machine")
@EVERY_FUNCTION
@pytest.mark.parametrize("integers", [False, True])
def test_the_image_may_lie_in_the_buffer_and_probabilities_are_calibrated(
    written_in_c: Path, integers: bool, wanted: Wanted
) -> None:
    (written_in_c / "main.c").write_text(CALLER)
    types = ["-DPLACE=uint8_t", "-DLOGIT=int32_t"] if integers else ["-DPLACE=float", "-DLOGIT=float"]
    macros = ["-DTINY_PROBABILITIES", "-DTINY_STATIC_BUFFER", *types]
    options = ["-O1", *SANITIZED, "-Wno-unused-function", "tiny.c", "main.c", "-o", "test", "-lm"]
    said = built_and_run(written_in_c, ["gcc", *WARNINGS, *macros, *options])
    found = np.array(said.split(), float).reshape(5, -1)
    images = wanted.samples.images[in_turns(wanted.samples.labels)[:5]]
    logits: np.ndarray = engine_logits(wanted, images)
    if integers:
        logits = KINDS["c-int8"](wanted).answer(images)
    assert np.allclose(found, softmax(logits / np.float64(TEMPERATURE), axis=1), atol=1e-5)


@pytest.mark.skipif(None in map(shutil.which, ("gcc", "nm")), reason="no gcc or no nm on this machine")
@EVERY_FUNCTION
@pytest.mark.parametrize("integers", [False, True])
def test_the_sources_need_no_library(written_in_c: Path, integers: bool) -> None:
    subprocess.run(["gcc", "-O2", "-c", "tiny.c"], cwd=written_in_c, check=True)
    needed = subprocess.run(
        ["nm", "--undefined-only", "--format=posix", "tiny.o"],
        cwd=written_in_c,
        capture_output=True,
        text=True,
        check=True,
    )
    names = {line.split()[0] for line in needed.stdout.splitlines()}
    assert names <= {"memcpy", "memset", "_GLOBAL_OFFSET_TABLE_"}  # which compilers ask for themselves
    if integers:
        code = (written_in_c / "tiny.c").read_text().split("/* A value lies in", 1)[1]
        assert not re.search(r"\b(float|double)\b", code.split("#ifdef TINY_PROBABILITIES")[0])


@pytest.fixture
def written_in_c(wanted: Wanted, tmp_path: Path, integers: bool) -> Path:
    kind = "c-int8" if integers else "c"
    export_model(replace(wanted, golden=5, name="tiny"), kind, tmp_path, open_engine("auto"), force=True)
    return tmp_path


def built_and_run(folder: Path, *commands: list[str]) -> str:
    for command in commands:
        subprocess.run(command, cwd=folder, check=True)
    return subprocess.run([folder / "test"], capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(shutil.which("g++") is None, reason="no g++ on this machine")
@EVERY_FUNCTION
@pytest.mark.parametrize("integers", [False, True])
def test_a_program_in_cpp_links_the_sources(written_in_c: Path) -> None:
    strict = ["-Wall", "-Wextra", "-Werror", "-pedantic"]
    (written_in_c / "main.cpp").write_text((written_in_c / "tiny_test.c").read_text())
    compiled = ["gcc", *WARNINGS, "-c", "tiny.c", "-o", "tiny.o"]
    for standard in ("c++98", "c++17"):
        linked = ["g++", f"-std={standard}", *strict, "main.cpp", "tiny.o", "-o", "test"]
        assert "5 of 5 images" in built_and_run(written_in_c, compiled, linked)
    (written_in_c / "tiny.cpp").write_text((written_in_c / "tiny.c").read_text())
    assert "5 of 5 images" in built_and_run(
        written_in_c, ["g++", *strict, "main.cpp", "tiny.cpp", "-o", "test"]
    )


@pytest.mark.skipif(None in map(shutil.which, ("gcc", "size")), reason="no gcc or no size on this machine")
@EVERY_FUNCTION
@pytest.mark.parametrize("integers", [False, True])
def test_the_constants_go_where_the_macro_says(written_in_c: Path) -> None:
    section = '-DTINY_CONST=static const __attribute__((section(".weights")))'
    compiled = ["gcc", *WARNINGS, section, "-O2", "-c", "tiny.c", "-o", "tiny.o"]
    linked = ["gcc", *WARNINGS, "tiny_test.c", "tiny.o", "-o", "test"]
    assert "5 of 5 images" in built_and_run(written_in_c, compiled, linked)
    printed = subprocess.run(
        ["size", "-A", "tiny.o"], cwd=written_in_c, capture_output=True, text=True, check=True
    )
    (taken,) = re.findall(r"^\.weights\s+(\d+)", printed.stdout, re.MULTILINE)
    record = json.loads((written_in_c / "tiny.c.json").read_text())
    assert record["constant_bytes"] <= int(taken) <= record["constant_bytes"] + 32 * 20  # alignment


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc on this machine")
@EVERY_FUNCTION
@pytest.mark.parametrize("integers", [False, True])
def test_every_constant_is_read_through_the_macro(written_in_c: Path) -> None:
    """Constants that are stored negated are right again if the macro, which turns them, reads them all."""
    constants, code = (written_in_c / "tiny.c").read_text().split("/* A value lies in", 1)
    negated = re.sub(r"(?<= )-?[\d.][\d.ef+-]*(?=,)", r"-(\g<0>)", constants)
    assert negated.count("-(") > 10
    (written_in_c / "tiny.c").write_text(f"{negated}/* A value lies in{code}")
    built = ["gcc", "-DTINY_READ(type,address)=((type)-*(address))", "tiny.c", "tiny_test.c", "-o", "test"]
    assert "5 of 5 images" in built_and_run(written_in_c, built)


def test_a_c_name_is_one(small: Wanted) -> None:
    for name in ("1x", "a-b", "", "int; x", "ÿ", "math", "parity"):
        with pytest.raises(SettingError, match="--name"):
            c_source(small.model, name)


@pytest.mark.parametrize("flags", ["", " -m64 -O0", " -DNAME='a b'"])
def test_cc_may_be_a_command_with_options(
    small: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str
) -> None:
    monkeypatch.setenv("CC", f"{shutil.which('gcc')}{flags}")
    assert export_model(small, "c", tmp_path, open_engine("auto")).parity.changed_labels == 0


@pytest.mark.parametrize("command", ["no-such-compiler -O2", "gcc '", "gcc -no-such-option"])
def test_a_cc_that_does_not_work_is_named_in_one_line(
    small: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("CC", command)
    with pytest.raises(ExportError, match=r"CC=|gcc|no-such-compiler") as caught:
        export_model(small, "c", tmp_path, open_engine("auto"))
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_compiled_integers_that_are_not_the_reference_s_are_not_written(
    small: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "gcc '-DMODEL_INT8_READ(type,address)=((type)(*(address)^1))'")
    with pytest.raises(ExportError, match="has other logits than it must have"):
        export_model(small, "c-int8", tmp_path, open_engine("auto"), force=True)
    assert list(tmp_path.iterdir()) == []


def test_without_a_compiler_c_is_refused(
    small: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(ExportError, match="no C compiler"):
        export_model(small, "c", tmp_path, open_engine("auto"))

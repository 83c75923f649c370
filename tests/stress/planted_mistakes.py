"""Plants mistakes in a copy of the native core, one at a time, and sees that its tests catch every one.

    python tests/stress/planted_mistakes.py [WORD]    only the mistakes whose description holds WORD

A mistake is a value in `MISTAKES`: what it is, a file of `native/`, a text that stands there once, and what
replaces it. To add one, write a line there. A text that is no longer in its file is an error: the mistake is
to be planted anew where its code has moved to. Needs CMake and a C++20 compiler, and no Python package.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHAPES = "300"  # random shapes of each operation: enough for all of these, and a run takes a second
TIMEOUT = 120.0  # seconds; a mistake may make threads wait for ever


@dataclass(frozen=True)
class Mistake:
    """One mistake: `old` becomes `new` in `file`."""

    what: str
    file: str
    old: str
    new: str


MISTAKES = (
    # the forward convolution
    Mistake("Winograd: a sign of the input", "vector/winograd.h", "d[2][j] - d[1][j]", "d[2][j] + d[1][j]"),
    Mistake(
        "Winograd: a sign of the output", "vector/winograd.h", "bottom[t][n] -= sum", "bottom[t][n] += sum"
    ),
    Mistake(
        "Winograd: a sign of the weights",
        "vector/winograd.h",
        "(g[k] - g[3 + k] + g[6 + k])",
        "(g[k] - g[3 + k] - g[6 + k])",
    ),
    Mistake(
        "Winograd: the last tile of a band dropped",
        "vector/winograd.h",
        "for (; t < p.tiles; ++t)",
        "for (; t + 1 < p.tiles; ++t)",
    ),
    Mistake(
        "Winograd: the last band as high as the others",
        "vector/winograd.h",
        "std::min(rows, s.y.height - top) * width",
        "rows * width",
    ),
    Mistake(
        "convolution: channels beyond the last not zero in packed weights",
        "vector/convolution.h",
        "std::fill(packed, packed + packed_size(s), 0.0f);",
        "",
    ),
    Mistake(
        "convolution: the last row of taps dropped", "vector/direct.h", "ky < s.kernel", "ky + 1 < s.kernel"
    ),
    Mistake(
        "convolution: a patch begins one pixel late",
        "vector/direct.h",
        "2 * j - s.half())",
        "2 * j - s.half() + 1)",
    ),
    Mistake(
        "convolution: the rest of a row dropped",
        "vector/direct.h",
        "for (; j < s.y.width; ++j)",
        "for (; j + 1 < s.y.width; ++j)",
    ),
    Mistake(
        "first layer: the kernel turned on its diagonal",
        "vector/direct.h",
        "w[(i - r) * 3 + j - n]",
        "w[(j - n) * 3 + i - r]",
    ),
    Mistake("pooled convolution: a tie goes to the last", "vector/pooling.h", "v > best;", "v >= best;"),
    Mistake("pooled convolution: a place never wins", "vector/pooling.h", "challenge(c, 2);", ""),
    Mistake(
        "pooled convolution: the wrong place is kept",
        "vector/pooling.h",
        "challenge(d, 3);",
        "challenge(d, 2);",
    ),
    Mistake(
        "pooled convolution: a NaN loses to a number",
        "vector/pooling.h",
        "unordered(a, b) | unordered(c, d)",
        "unordered(a, b)",
    ),
    Mistake(
        "convolution: no ReLU",
        "vector/pooling.h",
        "maximum(sum + bias, V{})",
        "sum + bias",
    ),
    # and its gradients
    Mistake(
        "backward: the ReLU's mask forgotten",
        "vector/active.h",
        "(y + s.y.at(i, j) + o) > V{}",
        "(y) == load(y)",
    ),
    Mistake(
        "backward: the bias gradient forgets earlier images",
        "vector/active.h",
        "store(d_bias + o, load(d_bias + o) + g)",
        "store(d_bias + o, g)",
    ),
    Mistake(
        "backward: the second row of a window is the first",
        "vector/active.h",
        "splat(std::int32_t(s.x.row()))",
        "splat(std::int32_t(s.x.stride))",
    ),
    Mistake("backward: a word holds 31 windows", "vector/active.h", "1u << (n % 32)", "1u << (n % 31)"),
    Mistake(
        "backward: only 64 channels in masks", "vector/active.h", "a.chunks + o / 64", "a.chunks + o / 128"
    ),
    Mistake(
        "input gradient: two indices of a window exchanged",
        "vector/input_gradient.h",
        "<K, W, 1, 0>",
        "<K, W, 0, 1>",
    ),
    Mistake(
        "input gradient: the last vector of a row dropped",
        "vector/input_gradient.h",
        "f < run; f += L",
        "f + L < run; f += L",
    ),
    Mistake(
        "input gradient: begins with what was there",
        "vector/input_gradient.h",
        "std::fill(dx, dx + s.x.size(), 0.0f);",
        "",
    ),
    Mistake(
        "weight gradient: forgets earlier images",
        "vector/weight_gradient.h",
        "sum[r][n] = load(d + r * run + n * L)",
        "sum[r][n] = V{}",
    ),
    Mistake(
        "weight gradient: a wrong row of an image", "vector/weight_gradient.h", "s.half() + ky", "s.half()"
    ),
    Mistake("first layer: no bias gradient", "vector/weight_gradient.h", "sum_bias += g;", ""),
    # the other layers
    Mistake(
        "pool: a tie goes to the last",
        "vector/pool_and_mean.h",
        "values[n] > values[best]",
        "values[n] >= values[best]",
    ),
    Mistake("pool: a NaN loses to a number", "vector/pool_and_mean.h", " || values[n] != values[n]", ""),
    Mistake(
        "mean: over the wrong count",
        "vector/pool_and_mean.h",
        "sum / x.pixels()",
        "sum / (x.height * x.height)",
    ),
    Mistake("mean: gradient not divided", "vector/pool_and_mean.h", "dy[c] / float(x.pixels())", "dy[c]"),
    Mistake(
        "dense: the last vector of the inputs dropped",
        "vector/dense.h",
        "for (; f < n; f += L)",
        "for (; f + L < n; f += L)",
    ),
    Mistake(
        "dense: the last image's gradient dropped", "vector/dense.h", "n >= 1; skip(1)", "n > 1; skip(1)"
    ),
    Mistake(
        "dense: the bias gradient of one image only", "vector/dense.h", "d_bias[c] += dz", "d_bias[c] = dz"
    ),
    # Adam
    Mistake("Adam: beta2 is 0.99", "vector/adam.h", "* 0.999f", "* 0.99f"),
    Mistake("Adam: beta1 is 0.8", "vector/adam.h", "* 0.1f", "* 0.2f"),
    Mistake("Adam: epsilon is 1e-7", "vector/adam.h", "1e-8f", "1e-7f"),
    Mistake("Adam: the second moment's bias not corrected", "vector/adam.h", " / step.root_correction", ""),
    Mistake("Adam: the last part not added", "vector/adam.h", "p < parts;", "p + 1 < parts;"),
    # the reference
    Mistake("reference: a tie goes to the last", "reference.cpp", "other > best", "other >= best"),
    Mistake(
        "reference: no tap in the first column",
        "reference.cpp",
        "int kx = 0; kx < s.kernel; ++kx)\n      for",
        "int kx = 1; kx < s.kernel; ++kx)\n      for",
    ),
    Mistake("reference: Adam's beta1", "reference.cpp", "0.9 * first_moment[i]", "0.8 * first_moment[i]"),
    # networks and passes
    Mistake(
        "plan: a pool keeps the odd last row", "plan.cpp", "y.height /= 2,", "y.height = (y.height + 1) / 2,"
    ),
    Mistake(
        "plan: no border for the next convolution",
        "plan.cpp",
        "std::max(border, (node.kernel - 1) / 2)",
        "std::max(border, 0)",
    ),
    Mistake(
        "plan: the border of the last reader alone",
        "plan.cpp",
        "std::max(border, (node.kernel - 1) / 2)",
        "(node.kernel - 1) / 2",
    ),
    Mistake(
        "plan: a chain takes in what others read as well",
        "plan.cpp",
        "next.size() != 1 || nodes",
        "nodes",
    ),
    Mistake(
        "pass: every image meets the first one's values",
        "pass.cpp",
        "work.x[k] = values_[std::size_t(step.inputs[k])].of(i)",
        "work.x[k] = values_[std::size_t(step.inputs[k])].of(0)",
    ),
    Mistake(
        "pass: images that run together share what the dense layer reads",
        "pass.cpp",
        "head || training ? GROUP : 1",
        "training ? GROUP : 1",
    ),
    Mistake("pass: the next image's pixels", "pass.cpp", "scale(pixels[i],", "scale(pixels[(i + 1) % n],"),
    Mistake(
        "pass: of a value's readers, one alone gives it a gradient",
        "pass.cpp",
        "sum.to[f] += sum.summand[f]",
        "sum.to[f] = sum.summand[f]",
    ),
    Mistake(
        "pass: the gradient of the last image's sum",
        "pass.cpp",
        "sums_[i][s].push_back",
        "sums_[0][s].push_back",
    ),
    Mistake("ReLU: the gradient of all", "vector/pool_and_mean.h", "out[from + f] > 0 ? dy", "true ? dy"),
    Mistake(
        "sum: the second map alone", "vector/pool_and_mean.h", "out[to + f] += in_b", "out[to + f] = in_b"
    ),
    Mistake(
        "bare convolution: negative gradients are left out",
        "vector/active.h",
        "load(dy + s.y.at(i, j) + o) != V{}",
        "load(dy + s.y.at(i, j) + o) > V{}",
    ),
    Mistake("mean: written into the border", "steps/mean.cpp", "pixel_(y.at(0, 0))", "pixel_(0)"),
    # training
    Mistake("training: the label off by one", "trainer.cpp", "d[label] -=", "d[(label + 1) % classes] -="),
    Mistake(
        "training: a smaller batch scaled as a whole one",
        "trainer.cpp",
        "1.0f / float(batch)",
        "1.0f / float(batch_)",
    ),
    Mistake(
        "training: the last, smaller batch dropped",
        "trainer.cpp",
        "from < n; from +=",
        "from + batch_ <= n; from +=",
    ),
    Mistake("training: a part of the batch not added", "trainer.cpp", "adam, PARTS,", "adam, PARTS - 1,"),
    Mistake(
        "training: an image left out between parts",
        "trainer.cpp",
        "end = batch * (part + 1) / PARTS",
        "end = batch / PARTS * (part + 1)",
    ),
    Mistake(
        "training: the bias correction a step ahead",
        "trainer.cpp",
        "from / batch_) + 1)",
        "from / batch_) + 2)",
    ),
    Mistake(
        "training: steps of an epoch miscounted", "trainer.cpp", "(n + batch_ - 1) / batch_", "n / batch_"
    ),
    Mistake(
        "training: the gradient goes on from the last batch",
        "trainer.cpp",
        "std::fill(gradient, gradient + plan_.parameters.size(), 0.0f);",
        "",
    ),
    Mistake(
        "training: threads step over each other",
        "trainer.cpp",
        "first = blocks * thread / threads_",
        "first = blocks * thread / (threads_ + 1)",
    ),
    Mistake(
        "training: weights prepared once per epoch",
        "trainer.cpp",
        "pass.pack(parameters.data());\n      for (int part",
        "if (from == 0) pass.pack(parameters.data());\n      for (int part",
    ),
    Mistake("training: threads skip parts", "trainer.cpp", "part += threads_)", "part += 2 * threads_)"),
    Mistake(
        "training: softmax without its shift overflows",
        "trainer.cpp",
        "std::exp(z[c] - top)",
        "std::exp(z[c])",
    ),
    Mistake(
        "training: pixels scaled to a little less than 1",
        "pass.h",
        "/ (maximum - minimum);",
        "/ (maximum + 1 - minimum);",
    ),
    Mistake(
        "evaluation: the weights of the call before", "runner.cpp", "worker->loaded = false", "(void)worker"
    ),
    Mistake(
        "evaluation: the last, smaller group dropped",
        "runner.cpp",
        "(images.n + GROUP - 1) / GROUP",
        "images.n / GROUP",
    ),
)


class PlantingError(Exception):
    """A mistake could not be planted or built, so that it says nothing."""


def plant(source: str, mistake: Mistake) -> str:
    """The source with the mistake in it.

    Raises:
        PlantingError: its text stands there not once.
    """
    found = source.count(mistake.old)
    if found != 1:
        raise PlantingError(
            f"{mistake.what}: {mistake.old!r} stands {found} times in native/{mistake.file}, expected once;"
            " the code has changed: plant the mistake anew"
        )
    return source.replace(mistake.old, mistake.new)


def build(folder: Path) -> str:
    """Build the tests; the compiler's complaint, or nothing."""
    command = ["cmake", "--build", str(folder), "--parallel", str(min(2, os.cpu_count() or 1))]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if built.returncode == 0 else built.stdout + built.stderr


def first_finding(folder: Path) -> str:
    """Run the tests; the first thing that they find wrong, or nothing."""
    try:
        run = subprocess.run(
            [folder / "kernel_tests", SHAPES], capture_output=True, text=True, check=False, timeout=TIMEOUT
        )
    except subprocess.TimeoutExpired:
        return f"no end after {TIMEOUT:.0f} s"
    if run.returncode == 0:
        return ""
    failures = [line for line in run.stdout.splitlines() if line.startswith("FAILED")]
    return failures[0].removeprefix("FAILED ") if failures else f"ended with {run.returncode}"


def main(word: str = "") -> int:
    """Plant the mistakes whose description holds `word`; how many were not caught."""
    mistakes = [mistake for mistake in MISTAKES if word in mistake.what]
    if not mistakes:
        raise PlantingError(f"no mistake is described by {word!r}")
    started, missed = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as temporary:
        native, folder = Path(temporary, "native"), Path(temporary, "build")
        shutil.copytree(ROOT / "native", native)
        for mistake in mistakes:  # all of them before the first is built
            plant((native / mistake.file).read_text(), mistake)
        tests = [
            "cmake",
            "-S",
            str(ROOT / "tests" / "native_core"),
            "-B",
            str(folder),
            f"-DGOSSAMER_NATIVE={native}",
        ]
        subprocess.run(tests, check=True, stdout=subprocess.DEVNULL)
        complaint = build(folder) or first_finding(folder)
        if complaint:
            raise PlantingError(f"the tests fail without any mistake: {complaint}")
        sys.stdout.write("nothing planted: nothing found\n")
        for mistake in mistakes:
            path = native / mistake.file
            source = path.read_text()
            path.write_text(plant(source, mistake))
            if complaint := build(folder):
                raise PlantingError(f"{mistake.what}: does not compile: {complaint}")
            finding = first_finding(folder)
            path.write_text(source)
            missed += not finding
            sys.stdout.write(f"{'caught' if finding else 'MISSED':8}{mistake.what}  <- {finding}\n")
            sys.stdout.flush()
    sys.stdout.write(
        f"{len(mistakes) - missed} of {len(mistakes)} mistakes caught in {time.monotonic() - started:.0f} s\n"
    )
    return missed


if __name__ == "__main__":
    try:
        sys.exit(min(main(*sys.argv[1:]), 1))
    except PlantingError as error:
        sys.exit(str(error))

"""The CPUs that are used are those that are granted."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gossamer.cpus import usable_cpus

SOURCES = Path(__file__).parents[1] / "src" / "gossamer"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_a_process_held_to_one_cpu_counts_one() -> None:
    allowed = os.sched_getaffinity(0)
    command = f"import os; os.sched_setaffinity(0, {{{min(allowed)}}}); from gossamer.cpus import usable_cpus"
    script = f"{command}; print(usable_cpus())"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "1\n"
    assert 1 <= usable_cpus() <= len(allowed)


def test_no_other_code_uses_the_machine_s_cpu_count() -> None:
    counts = re.compile(r"os\.cpu_count|sched_getaffinity|multiprocessing\.cpu_count|process_cpu_count")
    using = {path.name for path in SOURCES.rglob("*.py") if counts.search(path.read_text())}
    assert using == {"cpus.py"}

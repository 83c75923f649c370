"""The command `gossamer`, for tests that run it in a process of its own."""

import sys
from pathlib import Path

GOSSAMER = str(Path(sys.executable).with_name("gossamer"))

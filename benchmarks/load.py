"""Requests over loopback by wrk: how many are answered, how fast, and with what."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

SCRIPT = """
local parts = {}
local file = io.open(os.getenv("LOAD_BODY"), "rb")
wrk.method, wrk.body = "POST", file:read("*a")
file:close()
wrk.headers["Content-Type"] = os.getenv("LOAD_KIND")
local pause = tonumber(os.getenv("LOAD_PAUSE"))
if pause > 0 then function delay() return math.floor(pause * (0.5 + math.random())) end end

local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() statuses = "" ; counts = {} end
function response(status)
  counts[status] = (counts[status] or 0) + 1
  statuses = ""
  for code, count in pairs(counts) do statuses = statuses .. string.format('"%d": %d, ', code, count) end
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\\n{%s"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "most": %d, "broken": %d}\\n',
    threads[1]:get("statuses"), summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), latency.max, errors.connect + errors.read + errors.write + errors.timeout))
end
"""


@dataclass(frozen=True)
class Load:
    """What came of a run.

    Attributes:
        seconds: how long it took.
        statuses: answers by HTTP status.
        p50: the median answer's seconds.
        p99: seconds that 99 of 100 answers took at the most.
        most: the slowest answer's.
        broken: connections that failed, and answers that never came.
    """

    seconds: float
    statuses: Mapping[int, int]
    p50: float
    p99: float
    most: float
    broken: int

    @property
    def rate(self) -> float:
        """Answers with a prediction, a second."""
        return self.statuses.get(200, 0) / self.seconds

    @property
    def offered(self) -> float:
        """Answers of any kind, a second."""
        return sum(self.statuses.values()) / self.seconds


def load(
    address: str, body: bytes, kind: str, *, connections: int, seconds: float, pause: float = 0.0
) -> Load:
    """POST `body` to `address` over so many connections, one request at a time on each.

    Args:
        address: a URL on this machine.
        body: what is sent.
        kind: its content type.
        connections: open at the same time.
        seconds: how long, rounded.
        pause: seconds that a connection waits between an answer and its next request, on average.

    Raises:
        ValueError: wrk is not installed.
    """
    if shutil.which("wrk") is None:
        raise ValueError("wrk is not installed; try: apt-get install wrk")
    with TemporaryDirectory() as folder:
        script, content = Path(folder) / "load.lua", Path(folder) / "body"
        script.write_text(SCRIPT)
        content.write_bytes(body)
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds:.0f}s",
            "--timeout",
            "30s",
            "-s",
            str(script),
        ]
        variables = {"LOAD_BODY": str(content), "LOAD_KIND": kind, "LOAD_PAUSE": str(1_000 * pause)}
        said = subprocess.run(  # noqa: S603 - our own words
            [*command, address],
            env=variables | {"PATH": "/usr/bin:/bin:/usr/local/bin"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    found = json.loads(said.strip().splitlines()[-1])
    return Load(
        found["microseconds"] / 1e6,
        {int(key): value for key, value in found.items() if key.isdigit()},
        found["p50"] / 1e6,
        found["p99"] / 1e6,
        found["most"] / 1e6,
        found["broken"],
    )

"""What a run found, as a plain record: it is computed first, then written as JSON or drawn as a page."""

from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.figures import Spread, ratios, spread


@dataclass
class Standing:
    """A contestant's results.

    Attributes:
        name: what it is called.
        what: how it is set up.
        threads: how many it may use.
        trains: whether it trains at all.
        absent: why it was not measured, or not to the end; None if it was.
        rates: images a second, a figure a round, by task.
        results: the last round's mean training loss or share of correct answers, by task.
        evaluation_batch: the batch size that evaluation was fastest with.
    """

    name: str
    what: str
    threads: int
    trains: bool = True
    absent: str | None = None
    rates: dict[str, list[float]] = field(default_factory=dict)
    results: dict[str, float] = field(default_factory=dict)
    evaluation_batch: int | None = None


@dataclass(frozen=True)
class Record:
    """A whole run.

    Attributes:
        date: when it began.
        machine: processor, cores, load, kernels.
        versions: of Python and of every tool that is installed.
        setting: images, network, rounds, seconds.
        tasks: the tasks' names, in order.
        standings: one a contestant, in the catalogue's order.
        peak: multiply-adds a second that one thread can do, a figure a round; empty without native engine.
        scaling: figures of the native engine's growth, by name.
    """

    date: str
    machine: dict[str, Any]
    versions: dict[str, str]
    setting: dict[str, Any]
    tasks: list[str]
    standings: list[Standing]
    peak: list[float]
    scaling: dict[str, Spread]

    def standing(self, name: str) -> Standing | None:
        """The contestant called `name`, if it took part."""
        return next((each for each in self.standings if each.name == name and each.rates), None)

    def rate(self, standing: Standing, task: str) -> Spread | None:
        """Its images a second in `task`."""
        values = standing.rates.get(task)
        return spread(values) if values else None

    def ratio(self, first: Standing, second: Standing, task: str) -> Spread | None:
        """How many times faster `first` was, round by round."""
        return ratios(first.rates.get(task, []), second.rates.get(task, []))

    def to_json(self) -> dict[str, Any]:
        """The record as JSON values, with every native engine's ratios worked out."""
        natives = [each for each in self.standings if each.name.startswith("native")]
        ratios_found = {
            native.name: {
                other.name: {
                    task: asdict(ratio) for task in self.tasks if (ratio := self.ratio(native, other, task))
                }
                for other in self.standings
                if other.rates and other not in natives
            }
            for native in natives
            if native.rates
        }
        return asdict(self) | {"ratios": ratios_found}

    def peak_share(self, standing: Standing, task: str) -> Spread | None:
        """The share of the peak of the threads it may use, by dense-equivalent multiply-adds."""
        kind = "training" if task.startswith("training") else "evaluation"
        work = self.setting["multiply_adds"][kind] / standing.threads
        return ratios([rate * work for rate in standing.rates.get(task, [])], self.peak)

"""The record of a study, its one schema: what its files hold, as dataclasses that are checked when read."""

from gossamer.study.record.codec import collect, decode, encode
from gossamer.study.record.details import (
    Answer,
    Answers,
    Calibration,
    Details,
    FoldCurve,
    LabelErrors,
    Reliability,
    Views,
)
from gossamer.study.record.planned import Planned
from gossamer.study.record.results import (
    FORMAT,
    UNEVEN,
    Cell,
    Comparison,
    Epoch,
    Final,
    Fold,
    Gain,
    OuterFold,
    ParetoRow,
    Results,
    Selection,
    Shares,
    TestSet,
)
from gossamer.study.record.setting import Setting, Value, shown_names
from gossamer.study.record.timings import Timings

__all__ = [
    "FORMAT",
    "UNEVEN",
    "Answer",
    "Answers",
    "Calibration",
    "Cell",
    "Comparison",
    "Details",
    "Epoch",
    "Final",
    "Fold",
    "FoldCurve",
    "Gain",
    "LabelErrors",
    "OuterFold",
    "ParetoRow",
    "Planned",
    "Reliability",
    "Results",
    "Selection",
    "Setting",
    "Shares",
    "TestSet",
    "Timings",
    "Value",
    "Views",
    "collect",
    "decode",
    "encode",
    "shown_names",
]

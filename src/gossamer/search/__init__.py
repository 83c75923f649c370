"""Many fits: settings, the one worker, the journal, the executors, the selection."""

from gossamer.search.cells import Cell
from gossamer.search.comparison import LEVEL, Comparison, compare, not_significant
from gossamer.search.executors import EXECUTORS, Executor, OnProgress, check_executor, open_executor
from gossamer.search.executors.base import Outcomes
from gossamer.search.fits import Fit, setting_of
from gossamer.search.gains import Gain, gains
from gossamer.search.journal import Journal, Standing
from gossamer.search.metric import Metric
from gossamer.search.neutral import with_neutral, without_neutral
from gossamer.search.pareto import ParetoRow, pareto
from gossamer.search.plan import SearchPlan, plan_search
from gossamer.search.rungs import rungs
from gossamer.search.search import TEACHERS, RungWork, run_search
from gossamer.search.selection import RULES, Rule, finalists, select
from gossamer.search.setting import Setting, combinations, grid, settings_of
from gossamer.search.strategies import STRATEGIES, Strategy
from gossamer.search.tasks import FitLost, FitOutcome, FitPaused, Progress, Task
from gossamer.search.teachers import TeacherPlan
from gossamer.search.work import do_tasks, missing_teachers, resume
from gossamer.search.worker import run_task

__all__ = [
    "EXECUTORS",
    "LEVEL",
    "RULES",
    "STRATEGIES",
    "TEACHERS",
    "Cell",
    "Comparison",
    "Executor",
    "Fit",
    "FitLost",
    "FitOutcome",
    "FitPaused",
    "Gain",
    "Journal",
    "Metric",
    "OnProgress",
    "Outcomes",
    "ParetoRow",
    "Progress",
    "Rule",
    "RungWork",
    "SearchPlan",
    "Setting",
    "Standing",
    "Strategy",
    "Task",
    "TeacherPlan",
    "check_executor",
    "combinations",
    "compare",
    "do_tasks",
    "finalists",
    "gains",
    "grid",
    "missing_teachers",
    "not_significant",
    "open_executor",
    "pareto",
    "plan_search",
    "resume",
    "run_search",
    "run_task",
    "rungs",
    "select",
    "setting_of",
    "settings_of",
    "with_neutral",
    "without_neutral",
]

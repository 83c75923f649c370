"""Many fits: candidates, the one worker, the journal, the executors, the choice."""

from gossamer.search.candidates import Candidate, grid
from gossamer.search.cells import Cell
from gossamer.search.choice import RULES, Rule, choose, finalists
from gossamer.search.comparison import LEVEL, Comparison, compare, indistinguishable
from gossamer.search.executors import EXECUTORS, Executor, OnProgress, open_executor
from gossamer.search.executors.base import Outcomes
from gossamer.search.fits import Fit
from gossamer.search.journal import Journal, Standing
from gossamer.search.pareto import ParetoRow, pareto
from gossamer.search.plan import SearchPlan, plan_search
from gossamer.search.rungs import STRATEGIES
from gossamer.search.search import RungWork, run_search
from gossamer.search.tasks import FitLost, FitOutcome, FitPaused, Task
from gossamer.search.work import do_tasks, resume
from gossamer.search.worker import run_task

__all__ = [
    "EXECUTORS",
    "LEVEL",
    "RULES",
    "STRATEGIES",
    "Candidate",
    "Cell",
    "Comparison",
    "Executor",
    "Fit",
    "FitLost",
    "FitOutcome",
    "FitPaused",
    "Journal",
    "OnProgress",
    "Outcomes",
    "ParetoRow",
    "Rule",
    "RungWork",
    "SearchPlan",
    "Standing",
    "Task",
    "choose",
    "compare",
    "do_tasks",
    "finalists",
    "grid",
    "indistinguishable",
    "open_executor",
    "pareto",
    "plan_search",
    "resume",
    "run_search",
    "run_task",
]

"""Many fits: candidates, the one worker, the journal, the executors, the statistics, the choice."""

from gossamer.search.candidates import Candidate, grid
from gossamer.search.cells import Cell
from gossamer.search.choice import RULES, choose
from gossamer.search.executors import Executor, open_executor
from gossamer.search.fits import Fit
from gossamer.search.journal import Journal
from gossamer.search.search import SearchPlan, plan_search, run_search
from gossamer.search.variance import VarianceShares, variance_shares
from gossamer.search.worker import FitOutcome, run_fit

__all__ = [
    "RULES",
    "Candidate",
    "Cell",
    "Executor",
    "Fit",
    "FitOutcome",
    "Journal",
    "SearchPlan",
    "VarianceShares",
    "choose",
    "grid",
    "open_executor",
    "plan_search",
    "run_fit",
    "run_search",
    "variance_shares",
]

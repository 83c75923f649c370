"""The best model that fits, in the minutes there are: a study is planned, and written as an ordinary one.

The plan depends on the images, the budgets, the minutes and this machine's speed, and is fixed before the
first fit. From there on the result is a function of the study file.
"""

from gossamer.planning.networks import DEFAULT_BUDGETS
from gossamer.planning.plan import Plan, plan_auto

__all__ = ["DEFAULT_BUDGETS", "Plan", "plan_auto"]

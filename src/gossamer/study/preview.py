"""What a run would do: how many fits there are, which are missing, and an estimate of the time."""

from dataclasses import dataclass

from gossamer.search import Journal, SearchPlan, Standing
from gossamer.study.cost import epoch_images, seconds_per_image
from gossamer.study.folder import StudyFolder
from gossamer.study.plan import StudyPlan


@dataclass(frozen=True)
class Preview:
    """What a run would do.

    Attributes:
        cells: how many settings the search has.
        fits: how many fits, those of teachers and of outer folds included.
        missing: the labels of those to be done. Halving does only the first epochs of most of them.
        final_epochs: the final fit's; at most, with early stopping.
        early_stopping: whether the final fit may end early.
        workers: how many fits would run at once.
        seconds: an estimate for the searches and final fits of all their epochs, of the slowest network.
    """

    cells: int
    fits: int
    missing: tuple[str, ...]
    final_epochs: int
    early_stopping: bool
    workers: int
    seconds: float


def preview_study(plan: StudyPlan, folder: StudyFolder, workers: int) -> Preview:
    """Read the journal and time a few batches; nothing is changed."""
    searches = [plan.search, *(fold.procedure.search for fold in plan.outer)]
    fits = [fit for search in searches for fit in (*search.teachers, *search.all_fits)]
    begun: dict[str, Standing] = {}
    finished = False
    if folder.journal.exists():
        with Journal(folder.journal, read_only=True) as journal:
            begun = {row.key: row for row in journal.standings()}
            finished = folder.results.is_file() and journal.identity() == plan.identity
    done = {key for key, row in begun.items() if row.finished}
    missing = [] if finished else [fit for fit in fits if fit.key not in done]
    of_network = {fit.network: fit for fit in reversed(fits)}  # one of each
    per_image = {network: seconds_per_image(plan, fit) for network, fit in of_network.items()}
    seconds = 0.0
    for fit in missing:
        epochs = fit.recipe.max_epochs - (len(begun[fit.key].history) if fit.key in begun else 0)
        seconds += epoch_images(fit) * epochs * per_image[fit.network] * _share(plan.search) / workers
    final_epochs = plan.study.final.max_epochs or plan.search.epochs
    if not finished:
        final = final_epochs * max(per_image[setting.network] for setting in plan.search.settings)
        if plan.search.teacher is not None:
            teacher = plan.search.teacher.setting
            final += teacher["epochs"] * per_image[teacher.network]
        outer = sum(len(fold.procedure.images) - len(fold.rows) for fold in plan.outer)
        seconds += final * (len(plan.train) + outer / workers)
    return Preview(
        cells=len(plan.search.settings),
        fits=len(fits),
        missing=tuple(fit.label for fit in missing),
        final_epochs=final_epochs,
        early_stopping=plan.study.final.patience != 0,
        workers=workers,
        seconds=seconds,
    )


def _share(search: SearchPlan) -> float:
    """How much of all settings' epochs the strategy trains; every rung begins anew, as under a schedule."""
    settings, epochs = len(search.settings), search.epochs
    trained = sum(count * until for count, until in search.strategy.rungs(settings, epochs))
    return min(1.0, trained / (settings * epochs))

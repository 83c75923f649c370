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
        fits: how many fits, those of teachers included.
        missing: the labels of those to be done.
        final_epochs: the final fit's, at most.
        workers: how many fits would run at once.
        seconds: an estimate for the search and a final fit of all its epochs, of the slowest network.
    """

    cells: int
    fits: int
    missing: tuple[str, ...]
    final_epochs: int
    workers: int
    seconds: float


def preview_study(plan: StudyPlan, folder: StudyFolder, workers: int) -> Preview:
    """Read the journal and time a few batches; nothing is changed."""
    fits = [*plan.search.teachers, *plan.search.all_fits]
    begun: dict[str, Standing] = {}
    if folder.journal.exists():
        with Journal(folder.journal, read_only=True) as journal:
            begun = {row.key: row for row in journal.standings()}
    missing = [fit for fit in fits if fit.key not in begun or not begun[fit.key].finished]
    of_network = {fit.network: fit for fit in reversed(fits)}  # one of each
    per_image = {network: seconds_per_image(plan, fit) for network, fit in of_network.items()}
    whole = sum(
        epoch_images(fit) * per_image[fit.network] * (fit.recipe.max_epochs - epochs)
        for fit, epochs in ((fit, len(begun[fit.key].history) if fit.key in begun else 0) for fit in missing)
    )
    search = whole * _share(plan.search) / workers
    final_epochs = plan.study.final.max_epochs or plan.search.epochs
    slowest = max(per_image[setting.network] for setting in plan.search.settings)
    final = len(plan.train) * final_epochs * slowest
    if plan.search.teacher is not None:
        teacher = plan.search.teacher.setting
        final += len(plan.train) * teacher["epochs"] * per_image[teacher.network]
    return Preview(
        cells=len(plan.search.settings),
        fits=len(fits),
        missing=tuple(fit.label for fit in missing),
        final_epochs=final_epochs,
        workers=workers,
        seconds=search + final,
    )


def _share(search: SearchPlan) -> float:
    """How much of all settings' epochs the strategy trains; every rung begins anew, as under a schedule."""
    settings, epochs = len(search.settings), search.epochs
    trained = sum(count * until for count, until in search.strategy.rungs(settings, epochs))
    return min(1.0, trained / (settings * epochs))

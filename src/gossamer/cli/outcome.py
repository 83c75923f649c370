"""What `gossamer run` prints of a finished study."""

import typer

from gossamer.cli.table2 import caption, networks, table_2
from gossamer.cli.tables import PLAIN, show
from gossamer.numbers import figure, mean_and_spread
from gossamer.results import StudyResults
from gossamer.study import StudyFolder
from gossamer.study.beside import studies_beside
from gossamer.study.record import Results

SHOWN = 3
"""How many studies beside it are named."""


def show_outcome(found: StudyResults) -> None:
    """Print Table 2, the final fit's and the test set's figures, and where the files are."""
    results, folder = found.record, StudyFolder(found.folder)
    title = "Table 2" if any(cell.published for cell in results.search.cells) else "Settings"
    show(table_2(results), title=title, caption=caption(results), bold=results.is_selected)
    if results.search.pareto:
        show(networks(results), title="Networks", caption="Every network by its best setting.")
    typer.echo("\n".join([*_lines(results), f"model       {folder.model}", f"report      {found.report}"]))
    others = [each.name for each in studies_beside(folder, results.data.test_fingerprint)]
    if others:
        beside, more = ", ".join(others[:SHOWN]), f", and {len(others) - SHOWN} more" * (len(others) > SHOWN)
        typer.echo(
            f"note        {beside}{more} beside it used the same test images; to select among studies by"
            " their test accuracy is to select on the test set: compare with --search-only"
        )


def _lines(results: Results) -> list[str]:
    test, network = results.test, results.network
    lines = []
    if results.nested:
        nested = mean_and_spread((results.nested.mean_accuracy, results.nested.std_accuracy))
        own = figure(results.selected.mean_val_accuracy)
        lines.append(
            f"nested      the whole procedure on images it never saw: accuracy {nested.translate(PLAIN)}"
            f" (the selected setting's own over the folds, optimistic: {own})"
        )
    lines.append(f"final fit   {_final(results)}")
    lines += [
        f"test set    {test.correct:,} of {test.n:,} correct: accuracy {figure(test.accuracy)},"
        f" loss {figure(test.loss)}; {test.accesses} test-set access{'es' * (test.accesses != 1)}",
        f"            balanced accuracy {figure(test.balanced_accuracy)}, macro-F1 {figure(test.macro_f1)}",
    ]
    fresh = test.without_duplicates
    if not fresh.n:
        lines.append("            every test image is a duplicate of a training image")
    elif fresh.n < test.n:
        lines.append(
            f"            {fresh.correct:,} of the {fresh.n:,} that duplicate no training image:"
            f" accuracy {figure(fresh.accuracy)}"
        )
    return [*lines, f"network     {network.layers}, {network.parameters:,} parameters"]


def _final(results: Results) -> str:
    final = results.final
    if not final.validation:
        last = final.history[-1]
        return (
            f"{final.epochs} epochs on all {final.train:,} training images, none kept for validation:"
            f" training loss {figure(last.train_loss)}, accuracy {figure(last.train_accuracy)}"
        )
    epoch = f"best epoch {final.best_epoch} of" if final.patience else "the last of"
    uneven = (
        f", balanced accuracy {figure(final.val_balanced_accuracy)}, macro-F1 {figure(final.val_macro_f1)}"
        if results.uneven
        else ""
    )
    return (
        f"{epoch} {final.epochs}, validation loss {figure(final.val_loss)},"
        f" accuracy {figure(final.val_accuracy)}{uneven}"
    )

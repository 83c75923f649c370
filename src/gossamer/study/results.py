"""A study's outcome as the record that results.json holds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gossamer.evaluation import SealedScore
from gossamer.search import (
    RULES,
    Cell,
    Comparison,
    Metric,
    compare,
    finalists,
    gains,
    not_significant,
    pareto,
    rungs,
)
from gossamer.setting_words import in_words
from gossamer.stats.variance import variance_shares
from gossamer.study import record
from gossamer.study.flow import Trained
from gossamer.study.nested import Nested
from gossamer.study.paper import published_cell
from gossamer.study.plan import StudyPlan
from gossamer.study.record import collect
from gossamer.study.record import results as schema
from gossamer.training import Epoch


@dataclass(frozen=True, eq=False)
class Findings:
    """A study's outcome before its test-set access and on the test set, and the number of accesses."""

    trained: Trained
    tested: SealedScore
    accesses: int


def results(plan: StudyPlan, found: Findings) -> record.Results:
    """The study's results as a record."""
    trained, network = found.trained, found.trained.selected.setting.network
    return record.Results(
        format=record.FORMAT,
        data=_data(plan),
        network=schema.Network(network.words, network.parameters),
        engine=schema.Engine(plan.engine.name, plan.engine.numerics),
        seed=plan.study.run.seed,
        search=_search(plan, trained.cells),
        selection=_selection(plan, trained),
        nested=None if trained.nested is None else _nested(trained.nested),
        final=_final(plan, trained),
        test=_test(found),
    )


def _data(plan: StudyPlan) -> schema.Data:
    counts = plan.train.class_counts
    return schema.Data(
        name=plan.dataset.name,
        train_fingerprint=plan.train.fingerprint,
        test_fingerprint=plan.dataset.test.fingerprint,
        train=len(plan.train),
        test=len(plan.dataset.test),
        shape=plan.train.shape,
        class_sizes=schema.ClassSizes(int(counts.min()), int(counts.max())),
        duplicates=collect(schema.Duplicates, plan.duplicates),
    )


def _search(plan: StudyPlan, cells: Sequence[Cell]) -> schema.Search:
    return collect(
        schema.Search,
        plan.study.search,
        epochs=plan.search.epochs,
        rungs=rungs(cells),
        cells=[_cell(plan, cell) for cell in cells],
        holdout=plan.study.search.holdout if plan.study.search.folds == 1 else None,
        variance_shares=_variance_shares(cells),
        pareto=_pareto(plan, cells),
        gains=_gains(cells) if plan.study.setting else None,
    )


def _cell(plan: StudyPlan, cell: Cell) -> record.Cell:
    setting = record.Setting(cell.setting)
    return collect(
        record.Cell,
        cell,
        setting=setting,
        folds=[_fold(last, best) for last, best in zip(cell.last, cell.best, strict=True)],
        published=published_cell(plan.dataset.train.fingerprint, setting),
    )


def _fold(last: Epoch, best: Epoch) -> record.Fold:
    return collect(
        record.Fold,
        last,
        best_epoch=best.epoch,
        best_val_loss=best.val_loss,
        best_val_accuracy=best.val_accuracy,
    )


def _variance_shares(cells: Sequence[Cell]) -> schema.VarianceShares | None:
    """By the two values that vary, for a full grid of them; None where there is none."""
    settings = [record.Setting(cell.setting) for cell in cells]
    axes = {name: list(dict.fromkeys(setting[name] for setting in settings)) for name in settings[0]}
    axes = {name: values for name, values in axes.items() if len(values) > 1}
    if len(axes) != 2 or len(finalists(cells)) < len(cells):
        return None
    (row_name, rows), (column_name, columns) = axes.items()
    if len(cells) != len(rows) * len(columns):
        return None

    def shares(figures: list[float]) -> record.Shares | None:
        found = variance_shares(np.array(figures).reshape(len(rows), len(columns)))
        if found is None:
            return None
        return record.Shares({row_name: found.rows, column_name: found.columns}, found.interaction)

    return schema.VarianceShares(
        shares([cell.mean_val_loss for cell in cells]), shares([cell.mean_val_accuracy for cell in cells])
    )


def _pareto(plan: StudyPlan, cells: Sequence[Cell]) -> list[record.ParetoRow] | None:
    """What a smaller network costs, one row per network; None for a study of one."""
    if len({cell.setting.network for cell in cells}) == 1:
        return None
    rows = pareto(cells, RULES[plan.study.search.select].metric)
    return [
        collect(
            record.ParetoRow,
            row,
            row.cell,
            row.cell.setting.network,
            setting=record.Setting(row.cell.setting),
        )
        for row in rows
    ]


def _gains(cells: Sequence[Cell]) -> list[record.Gain]:
    return [
        collect(record.Gain, each, changed=in_words(each.changed, list(each.changed)))
        for each in gains(cells)
    ]


def _selection(plan: StudyPlan, found: Trained) -> record.Selection:
    rule = plan.study.search.select
    metric = RULES[rule].metric
    comparisons = _comparisons(plan, found, metric)
    return record.Selection(
        setting=record.Setting(found.selected.setting),
        rule=rule,
        metric=metric.name,
        comparisons=None
        if comparisons is None
        else tuple(
            collect(
                record.Comparison,
                each,
                each.difference,
                setting=record.Setting(each.setting),
                difference=each.difference.mean,
            )
            for each in comparisons
        ),
        not_significant=None
        if comparisons is None
        else tuple(record.Setting(setting) for setting in not_significant(comparisons)),
    )


def _comparisons(plan: StudyPlan, found: Trained, metric: Metric) -> list[Comparison] | None:
    """The finalists against the selected setting; None if there is one figure of each, without a spread."""
    splits = [fit.split for fit in plan.search.fits[0]]  # every setting's
    if len(splits) == 1:
        return None
    return compare(finalists(found.cells), found.selected, metric, splits)


def _nested(found: Nested) -> schema.Nested:
    """What was selected on each outer fold and how it did, and the accuracy's mean and spread."""
    return collect(
        schema.Nested,
        found,
        folds=[
            collect(record.OuterFold, fold, fold.metrics, setting=record.Setting(fold.setting))
            for fold in found.folds
        ],
    )


def _final(plan: StudyPlan, found: Trained) -> record.Final:
    split, kept, history = plan.procedure.final_split, found.kept_epoch, found.final.history
    return collect(
        record.Final,
        kept,
        train=len(split.train),
        validation=len(split.validation),
        patience=plan.study.final.patience,
        epochs=len(history),
        best_epoch=kept.epoch,
        history=history,
        model=found.model.hash,
    )


def _test(found: Findings) -> record.TestSet:
    all_duplicates = schema.WithoutDuplicates(0, 0, None)
    return collect(
        record.TestSet,
        found.tested.whole,
        accesses=found.accesses,
        without_duplicates=found.tested.without_duplicates or all_duplicates,
    )

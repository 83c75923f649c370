"""Confident learning finds labels that were changed on purpose."""

import numpy as np

from gossamer.evaluation import possible_label_errors


def test_changed_labels_are_doubted_and_the_true_class_is_named() -> None:
    random = np.random.default_rng(0)
    true = np.repeat(np.arange(3), 200)
    logits = random.normal(0, 0.5, (600, 3)) + 8 * np.eye(3)[true]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = true.copy()
    changed = random.choice(600, 30, replace=False)
    labels[changed] = (labels[changed] + 1) % 3
    doubts = possible_label_errors(probabilities, labels)
    assert {each.row for each in doubts[:30]} == set(changed.tolist())
    assert all(each.predicted == true[each.row] for each in doubts[:30])
    assert len(doubts) < 40
    margins = [each.confidence - each.of_label for each in doubts]
    assert margins == sorted(margins, reverse=True)


def test_a_class_counts_only_where_its_own_threshold_is_reached() -> None:
    """Eq. (1) of the paper: 0.6 is more than the label's 0.4, but below what images of class 1 are given."""
    probabilities = np.array([[0.4, 0.6], [0.7, 0.3], [0.1, 0.9], [0.1, 0.9]])
    assert possible_label_errors(probabilities, np.array([0, 0, 1, 1])) == []
    (doubt,) = possible_label_errors(np.array([[0.05, 0.95], *probabilities[1:]]), np.array([0, 0, 1, 1]))
    assert (doubt.row, doubt.label, doubt.predicted) == (0, 0, 1)


def test_an_image_that_no_fold_left_out_is_passed_over() -> None:
    probabilities = np.array([[np.nan, np.nan], [0.9, 0.1], [0.1, 0.9]])
    assert possible_label_errors(probabilities, np.array([1, 0, 1])) == []

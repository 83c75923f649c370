"""Pure statistics on numbers and arrays, one module per method.

Import from the modules; this package imports none of them, because parts of SciPy are slow to import.

| module | function | answers |
|---|---|---|
| `confusion` | `balanced_accuracy`, `macro_f1` | how good is a classifier if classes are uneven? |
| `wilson` | `wilson_interval` | how precise is an accuracy on n images? |
| `mcnemar` | `mcnemar` | do two classifiers differ on the same images? |
| `paired_loss` | `largest_likely_loss` | how much accuracy does a change to a model cost at most? |
| `resampled_t_test` | `corrected_t_test` | do two settings differ over the same folds? |
| `holm` | `holm` | the same for many comparisons at once |
| `variance` | `variance_shares` | how much of a table's variance do its rows and columns explain? |
"""

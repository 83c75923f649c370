"""How fast gossamer is, beside the tools one would use instead; measured by `python -m benchmarks`.

    images -> contestants, each in a process -> rounds -> record -> page

The files in that order: `images`; `contestants/` (the catalogue, the base, one contestant a file);
`process` (a contestant's own process, and what it is asked); `rounds` (everyone's turn, again and again);
`scaling` (how the native engine grows); `figures` (medians, spreads, ratios); `record` (what a run found);
`page` (the record as Markdown). `run` is all of it in order; `instruction_sets` holds everyone to an older
one. Benchmarks of their own: `kernels` (the native engine's, one by one) and `seeds` (the test accuracy of
ten final fits). `command` is what the three commands have alike.
"""

"""Sources that are not what they must be: what each is, and what the one line about it says.

    python -m tests.data.hostile     prints the table: source, what is wrong with it, what happened

A form is a module with `make_good`, which makes a good source in a folder, and `CASES`. To add a case, add a
row: what it is, how to spoil a good source, and words that its line must hold.
"""

from tests.data.hostile import csv_tables, idx_files, npz_archives, parquet_files, pictures, pixel_tables
from tests.data.hostile.case import Hostile

FORMS = {
    "pictures": pictures,
    "IDX": idx_files,
    "npz": npz_archives,
    "CSV": csv_tables,
    "pixel CSV": pixel_tables,
    "Parquet": parquet_files,
}

__all__ = ["FORMS", "Hostile"]

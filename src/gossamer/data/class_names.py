"""A class's name as it is kept: names that read the same are one name."""

from unicodedata import normalize


def normal_name(name: str) -> str:
    """`name` in Unicode's composed form (NFC), without white space around it.

    A Mac writes "ü" in a folder's name as "u" and a combining diaeresis; a table or another machine writes
    one letter.
    """
    return normalize("NFC", name).strip()

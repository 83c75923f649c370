"""CSV tables that are not what they must be."""

from collections.abc import Callable
from pathlib import Path

from tests.data.hostile.case import Hostile
from tests.data.hostile.pictures import encoded, good_folder

HEAD = "path,label\n"


def make_good(folder: Path) -> Path:
    """The table "pets.csv" of ten pictures in two classes."""
    pictures = good_folder(folder / "pictures")
    path = folder / "pets.csv"
    rows = [f"pictures/{name}/{i}.png,{name}\n" for name in ("cat", "dog") for i in range(5)]
    assert pictures.is_dir()
    path.write_text(HEAD + "".join(rows))
    return path


def added(row: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(path.read_text() + row + "\n")


def headed(head: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(head + path.read_text().removeprefix(HEAD))


def linked_outside(path: Path) -> None:
    home = path.parent / "home"
    home.mkdir()
    path.rename(home / path.name)
    (home / "pictures").symlink_to(path.parent / "pictures")
    path.symlink_to(home / path.name)


def secret(path: Path) -> None:
    inside = path.parent / "inside"
    inside.mkdir()
    (path.parent / "secret.png").write_bytes(encoded("PNG"))
    (inside / "x.png").symlink_to(path.parent.parent / "elsewhere.png")
    added("inside/x.png,cat")(path)


CASES = [
    Hostile("a path that climbs", added("../../../etc/passwd,cat"), "outside the table's folder"),
    Hostile("an absolute path", added("/etc/passwd,cat"), "outside the table's folder"),
    Hostile(
        "a backslash that leads nowhere", added("pictures\\cat\\9.png,cat"), "write / instead of a backslash"
    ),
    Hostile("backslashes that climb", added("..\\..\\..\\etc\\passwd,cat"), "outside the table's folder"),
    Hostile("a drive of Windows", added("C:\\pets\\cat\\0.png,cat"), "write / instead of a backslash"),
    Hostile("a device", added("/dev/zero,cat"), "outside the table's folder"),
    Hostile("a link to elsewhere", secret, "outside the table's folder"),
    Hostile("the table's pictures linked from elsewhere", linked_outside, "outside the table's folder"),
    Hostile("a path with a NUL", added("pictures/\0.png,cat"), "pets.csv"),
    Hostile("a path of 100 kB", added("x" * 100_000 + ",cat"), "outside the table's folder"),
    Hostile("a field of 1 MB", added("x" * 1_000_000 + ",cat"), "not CSV"),
    Hostile("no such picture", added("pictures/cat/9.png,cat"), "is not there"),
    Hostile("an address", added("https://example.org/cat.png,cat"), "is not there"),
    Hostile("a folder as a picture", added("pictures,cat"), "not a regular file"),
    Hostile("the table as a picture", added("pets.csv,cat"), "not a readable picture"),
    Hostile("a row without a class", added("pictures/cat/0.png,"), "names no class"),
    Hostile("a short row", added("pictures/cat/0.png"), "1 fields, expected 2"),
    Hostile("a quote that never ends", added('"pictures/cat/0.png,cat'), "not CSV"),
    Hostile("pixels in one column", headed("pixels,label\n"), "give each pixel a column"),
    Hostile("two columns of paths", headed("path,file\n"), "both 'path' and 'file'"),
    Hostile("no column of classes", headed("path,weight\n"), "no column of the pictures' classes"),
    Hostile("no first row of names", headed(""), "no column of the pictures' paths"),
    Hostile("only a first row", lambda path: path.write_text(HEAD), "lists no pictures"),
    Hostile("no bytes", lambda path: path.write_text(""), "no column of the pictures' paths"),
    Hostile("UTF-16", lambda path: path.write_bytes(path.read_text().encode("utf-16")), "not UTF-8 text"),
    Hostile("a zip called .csv", lambda path: path.write_bytes(b"PK\x03\x04\xff\xfe"), "pets.csv"),
    Hostile(
        "parts that are none",
        lambda path: path.write_text(path.read_text().replace("path,label", "path,split")),
        "no column of the pictures' classes",
    ),
    Hostile(
        "one class", lambda path: path.write_text(path.read_text().replace(",dog", ",cat")), "at least two"
    ),
    Hostile("a class of one picture", added("pictures/cat/0.png,owl"), "too few to hold a fifth"),
]

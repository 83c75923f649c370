"""Numbers as people read them, on a terminal and on a page."""

__all__ = [
    "count",
    "counted",
    "duration",
    "figure",
    "listed",
    "mean_and_spread",
    "percent",
    "probability",
    "rate",
    "signed",
]

MINUS = "\N{MINUS SIGN}"


def count(value: int) -> str:
    """A whole number with its thousands set apart."""
    return f"{value:,}"


def counted(number: int, word: str) -> str:
    """So many things, called `word` one by one."""
    return f"{count(number)} {word}" if number == 1 else f"{count(number)} {word}s"


def figure(value: float | None, digits: int = 4) -> str:
    """A loss or an accuracy; a fit without one diverged."""
    if value is None:
        return "diverged"
    return f"{value:.{digits}f}" if value < 1e6 else f"{value:.3g}"


def signed(value: float | None, digits: int = 4) -> str:
    """A difference, with its sign; nothing where there is none to have."""
    if value is None:
        return ""
    text = figure(abs(value), digits)
    if not text.strip("0."):
        return text
    return (MINUS if value < 0 else "+") + text


def rate(value: float) -> str:
    """A learning rate, in as many digits as it has."""
    return repr(float(value)).removesuffix(".0").replace("e-", f"e{MINUS}")


def percent(value: float) -> str:
    """A share in percent; a small one is not rounded away."""
    if 0 < value < 0.001:
        return "< 0.1%"
    return f"{100 * value:.1f}%"


def probability(value: float) -> str:
    """A p-value; a small one is not rounded to nothing."""
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def listed(items: list[str]) -> str:
    """The items as in a sentence: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def mean_and_spread(values: tuple[float | None, float | None]) -> str:
    """A mean over folds and its spread, if there is one."""
    mean, spread = values
    return figure(mean) + ("" if mean is None or spread is None else f" \N{PLUS-MINUS SIGN} {figure(spread)}")

"""A figure of matplotlib that a notebook shows; matplotlib is an extra."""

from io import BytesIO

from matplotlib.figure import Figure


class InlineFigure(Figure):
    """A figure that belongs to no window, and that notebooks show as an image."""

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()

"""An area that grows while the values come in."""


class RunningArea:
    """The area under straight lines through points that arrive one by one."""

    def __init__(self) -> None:
        """Before the first point: no area."""
        self.total = 0.0
        self._last: tuple[float, float] | None = None

    def add(self, x: float, y: float) -> float:
        """Take one more point; the distances may differ.

        Args:
            x: where, to the right of the previous point.
            y: how high.

        Returns:
            The area from the first point to this one, which is also ``total``.
        """
        if self._last is not None:
            x_before, y_before = self._last
            self.total += (x - x_before) * (y_before + y) / 2
        self._last = x, y
        return self.total

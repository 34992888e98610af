"""What became of one submission."""

from dataclasses import dataclass, field

from nbgrader.nbgraderformat import SchemaTooOldError


@dataclass
class Result:
    """What became of one submission: a line of ``autograde --json``.

    Args:
        student, assignment: whose.
        status: "graded", "failed", "skipped" (it was graded before) or "compared" (with what was
            graded before; nothing was written).
        score, max_score: points; None when it failed.
        problems: what went wrong or was odd, one sentence each.
        seconds: how long it took.
        cpu_seconds, memory_mb: what the submission's processes used.
        tier: the sandbox tier.
    """

    student: str
    assignment: str
    status: str = "graded"
    score: float | None = None
    max_score: float | None = None
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory_mb: float = 0.0
    tier: int | None = None

    def fail(self, error: Exception) -> None:
        """It could not be graded.

        Args:
            error: why.
        """
        text = " ".join(str(error).split())
        if isinstance(error, SchemaTooOldError):
            text += "; `nbgrader update` on the submitted notebook mends it"
        kind = type(error).__name__
        self.status, self.score = "failed", None
        self.problems.append(f"{kind}: {text[:300]}" if text else kind)

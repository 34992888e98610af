"""Learning platforms: their archives taken in, scores and feedback written back."""

PLATFORMS = ("canvas", "moodle", "gradescope")

"""What the lectures teach, as functions to read."""

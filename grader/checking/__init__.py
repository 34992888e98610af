"""The half that runs in a notebook: it judges a function and says what it saw."""

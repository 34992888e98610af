"""The reference library of Deep Training Lab: every function the lectures teach, in NumPy."""

"""Elementary numerics in plain Python and NumPy: roots and areas."""

"""The area under a curve."""

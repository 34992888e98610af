"""The end of a run that no submission is to blame for."""


class Stopped(Exception):
    """Nothing more can be graded, and nothing that was graded is lost: the same command goes on."""

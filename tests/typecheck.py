"""The type checker that tests/conftest.py puts under every function of utils."""

from beartype import BeartypeConf, beartype

# An int is good enough where a float is asked for, as everywhere in Python (PEP 484).
check = beartype(conf=BeartypeConf(is_pep484_tower=True))

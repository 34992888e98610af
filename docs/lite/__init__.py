"""The course in a browser tab: JupyterLab and Python as static files, nothing to install.

``python -m docs lite`` builds it into ``docs/_build/html/lab/``. The parts come from PyPI as
``lock.toml`` names them; the rest is the course's own: its notebooks, and its library and checks as
a wheel.
"""

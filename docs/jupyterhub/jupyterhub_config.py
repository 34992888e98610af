"""A JupyterHub for one class: who may come in, and where everybody's Jupyter finds its settings."""

from pathlib import Path

c = get_config()  # given by JupyterHub

c.Authenticator.allowed_users = {"turing", "ada", "grace"}

# Beside this file lie nbgrader's settings and, in labconfig, what is in the menus.
c.Spawner.environment = {"JUPYTER_CONFIG_PATH": str(Path(__file__).resolve().parent)}

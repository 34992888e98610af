"""JupyterLab, started in a copy of the course, opens on the welcome notebook.

Installed as etc/jupyter/jupyter_lab_config.py of the environment.
"""

from pathlib import Path

WELCOME = "notebooks/00_welcome/00_welcome.ipynb"

if Path(WELCOME).is_file():
    c = get_config()  # given by JupyterLab
    c.LabApp.default_url = f"/lab/tree/{WELCOME}"

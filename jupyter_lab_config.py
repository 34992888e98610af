"""How JupyterLab opens in a copy of the course; installed into etc/jupyter of the environment."""

from pathlib import Path

WELCOME = "notebooks/00_welcome/00_welcome.ipynb"

if Path(WELCOME).is_file():
    c = get_config()  # given by JupyterLab
    c.LabApp.default_url = f"/lab/tree/{WELCOME}"
    # No pop-up that asks whether to show news, and no request for them.
    c.LabApp.news_url = None
    c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"

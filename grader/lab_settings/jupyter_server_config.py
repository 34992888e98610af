"""Where JupyterLab is a student's desk, the half of nbgrader's tools that runs in the server rests.

It takes half a second to import, and nothing on the page asks for it. The switch that brings the
tools (`jupyter labextension enable @jupyter/nbgrader`) brings this half, too. Installed as
etc/jupyter/jupyter_server_config.py of the environment: JupyterLab's own settings are read when
all extensions have been imported.
"""

from jupyterlab_server.config import get_static_page_config

TOOLS = {
    f"nbgrader.server_extensions.{name}": False
    for name in ("assignment_list", "course_list", "formgrader", "validate_assignment")
}

if get_static_page_config().get("disabledExtensions", {}).get("@jupyter/nbgrader"):
    c = get_config()  # given by Jupyter
    c.ServerApp.jpserver_extensions = TOOLS

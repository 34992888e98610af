"""JupyterLab, started in a copy of the course, opens on the welcome notebook.

Installed as etc/jupyter/jupyter_lab_config.py of the environment.
"""

from pathlib import Path

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

WELCOME = "notebooks/00_welcome/00_welcome.ipynb"


class Contents(AsyncLargeFileManager):
    """The files, with the Python that is here entered in every notebook as it is opened.

    JupyterLab does so itself when the kernel has started, and calls that an unsaved change: a
    notebook that was only looked at would ask to be saved.
    """

    async def get(self, *args, **kwargs):
        from ipykernel.ipkernel import IPythonKernel

        model = await super().get(*args, **kwargs)
        if model["type"] == "notebook" and model["content"]:
            model["content"]["metadata"]["language_info"] = IPythonKernel.language_info
        return model


if Path(WELCOME).is_file():
    c = get_config()  # given by JupyterLab
    c.LabApp.default_url = f"/lab/tree/{WELCOME}"
    c.ServerApp.contents_manager_class = Contents

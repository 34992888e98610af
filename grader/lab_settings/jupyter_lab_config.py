"""JupyterLab, started in the folder of a course, opens on its first notebook.

Installed as etc/jupyter/jupyter_lab_config.py of the environment.
"""

from pathlib import Path

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

NOTEBOOKS = sorted(Path("notebooks").glob("[0-9][0-9]_*/*.ipynb"))


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


if NOTEBOOKS and Path("lectures/course.toml").is_file():
    c = get_config()  # given by JupyterLab
    # The file list begins where the lectures lie, side by side.
    c.LabApp.default_url = f"/lab/tree/{NOTEBOOKS[0].as_posix()}?file-browser-path=/notebooks"
    c.ServerApp.contents_manager_class = Contents

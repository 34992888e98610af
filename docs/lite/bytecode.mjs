// Write the bytecode of what a notebook imports, or of all of the packages that are named, made by the
// Pyodide of the folder: a tab then need not compile. Usage: node bytecode.mjs FOLDER OUT.json [PACKAGE...]
import { readFileSync, writeFileSync } from "node:fs";

const [, , folder, out, ...course] = process.argv;
const { loadPyodide } = await import(`${folder}/pyodide.mjs`);
const { packages } = JSON.parse(readFileSync(`${folder}/pyodide-lock.json`, "utf8"));
const python = await loadPyodide({ indexURL: `${folder}/` });
await python.loadPackage(Object.keys(packages), { messageCallback: () => {} });
const found = await python.runPythonAsync(`
import base64, importlib, json, sys
from pathlib import Path

course = ${JSON.stringify(course)}
found = {"packages": {}, "library": {}, "course": {}}
site = next(Path(place) for place in sys.path if place.endswith("site-packages"))

def keep(kind, place, code):
    # "False": nobody compares it with a source when it is read.
    pyc = importlib._bootstrap_external._code_to_hash_pyc(code, bytes(8), False)
    found[kind][place] = base64.b64encode(pyc).decode()

if not course:
    sys.dont_write_bytecode = False  # what is compiled once is not compiled again below
    import IPython, ipywidgets, jaxtyping, piplite.piplite, pyodide_kernel
    import matplotlib.backends.backend_agg, matplotlib.figure, matplotlib_inline.backend_inline
    import PIL.PngImagePlugin, numpy.random, tqdm.auto, tqdm.notebook
    figure = matplotlib.figure.Figure()
    figure.add_subplot().set_title("$x^2$")
    figure.savefig("x.png")
    for module in list(sys.modules.values()):
        spec = getattr(module, "__spec__", None)
        origin = getattr(spec, "origin", None) or ""
        for kind, folder in (("packages", f"{site}/"), ("library", "/lib/python314.zip/")):
            if origin.startswith(folder) and origin.endswith(".py"):
                keep(kind, origin.removeprefix(folder), spec.loader.get_code(spec.name))
for package in course:
    for path in sorted((site / package).rglob("*.py")):
        code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
        keep("course", str(path.relative_to(site)), code)
json.dumps(found, sort_keys=True)
`);
writeFileSync(out, found);

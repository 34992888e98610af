// Run a Python module in Pyodide, the Python of a browser's tab, here in Node:
// node tab.mjs RUNTIME PACKAGES COURSE MODULE [ARGUMENT ...]
import { pathToFileURL } from "node:url";

const [runtime, packages, course, module, ...args] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${runtime}/pyodide.mjs`));
const python = await loadPyodide({
  indexURL: runtime,
  stdout: (line) => console.log(line),
  stderr: (line) => console.error(line),
});
python.mountNodeFS("/packages", packages);
python.mountNodeFS("/course", course);
python.globals.set("args", python.toPy([module, ...args]));
await python.runPythonAsync(`
import os, runpy, sys
sys.dont_write_bytecode = True
sys.path[:0] = ["/course", "/packages"]
sys.argv = list(args)
os.chdir("/tmp")
os.environ["GRADER_COURSE"] = "/course"
runpy.run_module(args[0], run_name="__main__")
`);

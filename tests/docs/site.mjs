// Run a Python script in the Pyodide of a built site, with its packages: node site.mjs FOLDER SCRIPT
import { readFileSync } from "node:fs";

const [folder, script] = process.argv.slice(2);
const { loadPyodide } = await import(`${folder}/pyodide.mjs`);
const { packages } = JSON.parse(readFileSync(`${folder}/pyodide-lock.json`, "utf8"));
const python = await loadPyodide({ indexURL: `${folder}/`, stdout: (line) => console.log(line) });
await python.loadPackage(Object.keys(packages), { messageCallback: () => {} });
await python.runPythonAsync(readFileSync(script, "utf8"));

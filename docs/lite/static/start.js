// The start page: whether the browser keeps what is written, and all work as one file.
import { pack, unpack } from "./zip.js";

const STORE = "files"; // JupyterLite's, in the database that the build named
const COURSE = "__COURSE__";
const DATABASE = `${COURSE}__KIND__`; // a file of saved work is the course's: a desk reads both
const show = (id, text) => (document.getElementById(id).textContent = text);

const warn = async () => {
  if (!window.isSecureContext)
    return "This page came over plain http. Your browser then keeps neither the site nor your progress: use https, or localhost.";
  if (!navigator.serviceWorker || !window.indexedDB)
    return "This browser keeps nothing for this page: you can look around, but your work will be gone. Is this a private window?";
  const persisted = (await navigator.storage?.persist?.()) ?? true;
  const { quota = Infinity } = (await navigator.storage?.estimate?.()) ?? {};
  if (quota < 3e8)
    return "There is little room here for your work, as in a private window. What you write may be gone when you close it: save it as a file below.";
  return persisted
    ? ""
    : "Your browser may delete what it keeps when the disk gets full. Save your work as a file now and then.";
};

const files = (number) => (number === 1 ? "1 file is" : `${number} files are`);

const request = (asked) =>
  new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });

const open = async () => {
  let database = await request(indexedDB.open(DATABASE));
  if (database.objectStoreNames.contains(STORE)) return database;
  const next = database.version + 1;
  database.close();
  const asked = indexedDB.open(DATABASE, next);
  asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
  return request(asked);
};

// The archive is the one of save_work(): notebooks and other files where they are, and the record of
// the checks under a name that is not hidden.
const RECORD = ".progress.jsonl";
const SHOWN = RECORD.slice(1);
const bytesOf = ({ format, content }) => {
  if (format === "base64") return Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
  const text = format === "text" ? content : `${JSON.stringify(content, null, 1)}\n`;
  return new TextEncoder().encode(text);
};
// What JupyterLite keeps of a file. Its dates differ, which says that it is not the site's.
const model = (path, bytes) => {
  const name = path.split("/").pop();
  const dates = { created: new Date(0).toISOString(), last_modified: new Date().toISOString() };
  const facts = { name, path, ...dates, writable: true, size: bytes.length, mimetype: "" };
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const content = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    return { ...facts, type: "file", format: "base64", content };
  }
  return name.endsWith(".ipynb")
    ? { ...facts, type: "notebook", format: "json", content: JSON.parse(text) }
    : { ...facts, type: "file", format: "text", content: text };
};
const folder = (path) => ({
  ...model(path, new Uint8Array()),
  ...{ type: "directory", format: "json", content: [] },
});

const save = async () => {
  const database = await open();
  const store = database.transaction(STORE).objectStore(STORE);
  const values = await request(store.getAll());
  database.close();
  const record = values.find(({ path }) => path === RECORD);
  const own = values.filter(
    ({ path, type }) =>
      path !== RECORD && type !== "directory" && !path.startsWith(`${COURSE}-work`),
  );
  if (!own.length && !record) return show("done", "There is nothing to save yet.");
  const data = await pack([
    [SHOWN, record ? bytesOf(record) : new Uint8Array()],
    ...own.map((value) => [value.path, bytesOf(value)]),
  ]);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(data);
  link.download = `${COURSE}-work-${new Date().toISOString().slice(0, 10)}.zip`;
  link.click();
  URL.revokeObjectURL(link.href);
  show("done", `${files(own.length)} saved in ${link.download}, with your progress.`);
};

const joined = (...records) => {
  const lines = records.flatMap((bytes) => new TextDecoder().decode(bytes).split("\n"));
  const known = [...new Set(lines.filter(Boolean))];
  return new TextEncoder().encode(known.map((line) => `${line}\n`).join(""));
};
const same = (one, other) => JSON.stringify(one.content) === JSON.stringify(other.content);

// The files of an archive of saved work; none where it is something else.
const saved = async (file) => {
  const found = await unpack(await file.arrayBuffer()).catch(() => []);
  if (!found.some(([name]) => name === SHOWN)) return [];
  return found
    .filter(([name, bytes]) => bytes.length && !/^\/|\\|(^|\/)\.\.(\/|$)/.test(name))
    .map(([name, bytes]) => (name === SHOWN ? model(RECORD, bytes) : model(name, bytes)));
};

const load = async (file) => {
  const found = await saved(file);
  if (!found.length)
    return show("done", `${file.name} is not a file of saved work. Nothing has changed.`);
  const database = await open();
  const transaction = database.transaction(STORE, "readwrite");
  const store = transaction.objectStore(STORE);
  const ended = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
  const beside = [];
  for (const fresh of found) {
    let value = fresh;
    const { path } = fresh;
    const here = await request(store.get(path));
    if (here && path === RECORD) {
      value = model(path, joined(bytesOf(here), bytesOf(fresh)));
    } else if (here && !same(here, fresh)) {
      const day = new Date().toISOString().slice(0, 16).replace("T", " ").replace(":", ".");
      value = model(path.replace(/(\.\w+)?$/, ` (restored ${day})$1`), bytesOf(fresh));
      beside.push(value.name);
    }
    // JupyterLite finds a file only in a folder that it knows.
    for (let at = value.path.indexOf("/"); at > 0; at = value.path.indexOf("/", at + 1)) {
      const above = value.path.slice(0, at);
      if (!(await request(store.get(above)))) store.put(folder(above), above);
    }
    store.put(value, value.path);
  }
  await ended;
  database.close();
  const own = found.filter(({ path }) => path !== RECORD).length;
  const changed = beside.length
    ? ` You have worked on some of them here, too; those of the file lie beside yours: ${beside.join(", ")}.`
    : "";
  show("done", `${files(own)} back, and your progress.${changed}`);
};

const failed = (error) => show("done", `That did not work: ${error.message ?? error}`);
const input = document.getElementById("file");
document.getElementById("save").addEventListener("click", () => save().catch(failed));
document.getElementById("load").addEventListener("click", () => input.click());
input.addEventListener("change", () => {
  if (input.files.length) load(input.files[0]).catch(failed);
  input.value = "";
});
warn().then((text) => show("warning", text));

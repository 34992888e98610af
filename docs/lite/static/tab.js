// What a page of JupyterLab in the browser adds: a line that says what is loading, the request to keep
// the site for work without a network, once Python runs, a downloaded notebook's right name, and the
// offer of a notebook's newer release beside the one that was changed here.
(() => {
  const PATIENCE = 10_000; // milliseconds: the first cells come before what is kept for later
  const line = document.createElement("div");
  line.id = "lab-loading";
  line.setAttribute("role", "status");
  line.style.cssText =
    "position:fixed;left:50%;bottom:36px;transform:translateX(-50%);z-index:2000;max-width:90vw;" +
    "padding:.5em 1em;border-radius:4px;background:#212121;color:#fff;font:14px/1.4 sans-serif";
  const say = (text) => {
    line.textContent = text;
    line.hidden = !text;
    if (text && !line.isConnected) document.body.append(line);
  };
  const said = (file) => {
    const name = file.split("/").pop();
    if (/^py(odide|thon_stdlib)\./.test(name)) return "Python";
    return name.replace(/-\d.*/, "").replaceAll("_", "-");
  };

  let files = 0;
  let running = false;
  new BroadcastChannel("lab").addEventListener("message", ({ data }) => {
    if (running || !data.file) return;
    files += 1;
    say(`Loading Python and its packages, once: ${said(data.file)} (${files})`);
  });

  const kernel = () => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel;
  const began = performance.now();
  const watch = () => {
    const status = kernel()?.status;
    if (!running && status === "idle") {
      running = true;
      say("");
      navigator.serviceWorker?.ready.then((worker) =>
        setTimeout(() => worker.active.postMessage("keep"), PATIENCE),
      );
    } else if (!running && kernel() && !files && performance.now() - began > 1500)
      say("Starting Python …");
    if (!running) setTimeout(watch, 250);
  };
  addEventListener("load", watch);

  // JupyterLite names a download by its whole path, which a grader would not find; nbgrader wants
  // the notebook's own name.
  const rename = ({ target }) => {
    if (target instanceof HTMLAnchorElement && target.download.includes("/"))
      target.download = target.download.split("/").pop();
  };
  document.addEventListener("click", rename, true);

  // What was changed here hides what the site has; so say when the site has something newer.
  const released = async (path) => {
    const answer = await fetch(new URL(`../files/${path}`, location.href));
    if (!answer.ok) return {}; // a notebook of the student's own
    const bytes = await answer.arrayBuffer();
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const digest = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return { digest, content: JSON.parse(new TextDecoder().decode(bytes)) };
  };
  const compare = async (app, panel) => {
    await panel.context?.ready;
    const { path, contentsModel } = panel.context ?? {};
    if (!path?.endsWith(".ipynb") || !window.isSecureContext) return;
    const { digest } = await released(path);
    const key = `release of ${path}__KIND__`;
    const known = localStorage.getItem(key);
    const changed = contentsModel.created !== contentsModel.last_modified;
    if (digest && changed && known && known !== digest)
      app.commands.execute("apputils:notify", {
        message: "There is a newer release of this notebook. Yours stays as it is.",
        type: "info",
        options: {
          autoClose: false,
          actions: [{ label: "Open it beside mine", commandId: "lab:release", args: { path } }],
        },
      });
    if (digest) localStorage.setItem(key, digest);
  };
  const offer = () => {
    const app = window.jupyterapp;
    if (!app?.shell?.currentChanged) return setTimeout(offer, 250);
    app.commands.addCommand("lab:release", {
      label: "Open a notebook's newer release",
      execute: async ({ path }) => {
        const { content } = await released(path);
        const beside = path.replace(/\.ipynb$/, " (new release).ipynb");
        await app.serviceManager.contents.save(beside, {
          type: "notebook",
          format: "json",
          content,
        });
        return app.commands.execute("docmanager:open", { path: beside });
      },
    });
    const seen = new WeakSet();
    const look = (panel) => {
      if (!panel?.context || seen.has(panel)) return;
      seen.add(panel);
      compare(app, panel).catch((error) => console.warn("release", error));
    };
    app.shell.currentChanged.connect((_, { newValue }) => look(newValue));
    look(app.shell.currentWidget);
  };
  addEventListener("load", offer);
})();

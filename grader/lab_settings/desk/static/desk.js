// A student's desk: under a question its choices as buttons, or a field for its number; under a
// check that fails the input that it failed on, and a way back to the beginning; under one that
// knows an older answer than the cell above, the way to run both.
//
// What is clicked is written into the cell, where a grader and a reader without this file find it.
// JupyterLab loads this file as it stands; it is what a build of an extension would give it.
(() => {
  const STYLE = `
.dtl-ask{display:flex;flex-wrap:wrap;gap:.5em;padding:.4em 0 .2em;align-items:center;
margin-left:calc(var(--jp-cell-prompt-width,64px) + var(--jp-cell-collapser-width,8px) + 5px)}
.dtl-ask[hidden],.dtl-ask [hidden]{display:none}
.dtl-ask button,.dtl-ask input{padding:.3em .8em;font:inherit;border-radius:3px;
border:1px solid var(--jp-border-color1,#767676);background:var(--jp-layout-color1,#fff);
color:var(--jp-ui-font-color1,#222)}
.dtl-ask button{min-width:2.6em;cursor:pointer}
.dtl-ask button:hover{background:var(--jp-layout-color2,#eee)}
.dtl-ask button[aria-pressed=true]{font-weight:bold;color:var(--jp-ui-inverse-font-color1,#fff);
background:var(--jp-inverse-layout-color2,#424242)}
.dtl-ask input{width:11em}
.dtl-ask :focus-visible{outline:2px solid var(--jp-brand-color1,#1565c0);outline-offset:2px}
.dtl-ask span{color:var(--jp-content-font-color1,#222)}
.dtl-ask pre{flex-basis:100%;margin:0;max-height:20em;overflow:auto;white-space:pre-wrap;
font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px);
color:var(--jp-content-font-color1,#222)}
[data-jp-theme-light=false] :is(.dtl-card,.dtl-picture):has(> img.dtl-turns){
filter:invert(1) hue-rotate(185deg);border-color:#bdbdbd}`;
  const ANSWER = /^(\w+) = (.*)$/m;
  const CHOICE = /^- \*\*([a-z])\.\*\* (.*)$/gm;
  const CHECK = /^check\("([\w.]+)\.(\w+)"\)/;
  const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?( *\/ *(\d+\.?\d*|\.\d+)(e[-+]?\d+)?)?$/i;
  const REPORT = "application/vnd.grader.report+json";
  const SHOWN = "deep-training-grader:contents"; // whether the contents were shown
  const LINK = "rendermime:handle-local-link"; // JupyterLab's command for a link to a file
  const CELL = "#cell-id=";
  const IMPORTS = ["Has the cell with the imports run", "Run it, then this cell"];
  const ABOVE = ["Is it spelled right? And have the cells above run", "Run them, then this cell"];
  const ABSENT = "not found"; // the verdict on what no cell has defined
  const KEPT = 5; // texts of an exercise that can be brought back

  let shared;
  const load = async (name) => (await Object.values(shared[name])[0].get())();
  const has = (cell, tag) => (cell?.model.getMetadata("tags") ?? []).includes(tag);
  const source = (cell) => cell.model.sharedModel.getSource();
  const write = (cell, text) => cell.model.sharedModel.setSource(text);
  const outputs = (cell) => cell.model.outputs.toJSON();
  const failed = (cell) => outputs(cell).some((output) => output.output_type === "error");
  const reported = (cell) => outputs(cell).map((output) => output.data?.[REPORT]).find(Boolean);
  const grade = (cell) => cell.model.getMetadata("nbgrader")?.grade_id ?? "";

  const activate = (app, tracker, state, actions) => {
    document.head.appendChild(document.createElement("style")).textContent = STYLE;
    const desk = async (panel) => {
      await panel.context.ready;
      follow(panel, actions);
      if (begins(panel.content)) await showContents(app, state);
    };
    tracker.forEach(desk);
    tracker.widgetAdded.connect((_, panel) => desk(panel));
    app.commands.commandExecuted.connect(async (_, { id, args, result }) => {
      if (id !== LINK || !args.id?.startsWith(CELL)) return;
      await result;
      const panel = tracker.find((one) => one.context.path === args.path);
      if (panel) await lead(panel, args.id.slice(CELL.length));
    });
  };

  // JupyterLab's own way to a cell loses it while the notebook is still being drawn.
  const lead = async (panel, id) => {
    await panel.revealed;
    await panel.context.ready;
    const notebook = panel.content;
    const place = notebook.widgets.findIndex((cell) => cell.model.id === id);
    if (place < 0) return;
    notebook.activeCellIndex = place;
    for (let tries = 0; tries < 20 && !notebook.widgets[place].inViewport; tries++) {
      notebook.scrollToItem(place, "center");
      await new Promise((done) => setTimeout(done, 100));
    }
  };

  const begins = (notebook) => notebook.model.getMetadata("grader")?.start;

  // A new student sees what a notebook holds; who closes the panel is not shown it again.
  const showContents = async (app, state) => {
    await app.restored;
    if (!state || !app.commands.hasCommand("toc:show-panel") || (await state.fetch(SHOWN))) return;
    await state.save(SHOWN, true);
    await app.commands.execute("toc:show-panel");
  };

  const follow = (panel, actions) => {
    const notebook = panel.content;
    const session = panel.sessionContext;
    const known = new WeakSet();
    let imported = false; // whether the cell with the imports ran since the kernel started
    actions.executed.connect((_, done) => {
      if (done.notebook !== notebook) return;
      if (has(done.cell, "setup")) imported = done.success;
      else if (!done.success && !imported) missing(done.cell, IMPORTS, run);
      else if (!done.success) missing(done.cell, ABOVE, after);
    });
    session.statusChanged.connect((_, status) => {
      if (/restarting|dead|terminating/.test(status)) imported = false;
    });

    const run = (...cells) => {
      const first = imported ? [] : notebook.widgets.filter((other) => has(other, "setup"));
      return actions.runCells(notebook, [...first, ...cells], session);
    };
    const after = (cell) => run(...notebook.widgets.slice(0, notebook.widgets.indexOf(cell) + 1));
    const answer = (cell, value) => {
      const check = notebook.widgets.find((other) => `${grade(other)}-answer` === grade(cell));
      const text = source(cell);
      const name = grade(cell).split("-").at(-2); // topic-name-answer
      const said = `${name} = ${value}`;
      write(cell, ANSWER.test(text) ? text.replace(ANSWER, () => said) : `${text}\n${said}`);
      run(cell, ...(check ? [check] : []));
    };
    const failing = async (check, cell) => {
      if (!imported) await run(cell);
      const kernel = session.session?.kernel;
      const [, module, name] = CHECK.exec(source(check)) ?? [];
      if (!kernel || !name) return "No kernel is running: Kernel, then Restart Kernel.";
      const code = `case = __import__("grader").failing("${module}.${name}")`;
      const { ename, evalue, data } = await evaluate(kernel, code, "case");
      const shown = data?.["text/plain"];
      const again = `${name}(**case) makes the call again.`;
      return shown ? `case = ${shown}\n${again}` : `${ename}: ${evalue}`;
    };

    const scan = () => {
      const cells = notebook.widgets;
      cells.forEach((cell, place) => {
        if (known.has(cell)) return;
        const mine = cells.find((other) => grade(other) === `${grade(cell)}-answer`);
        if (has(cell, "predict")) cell.ready.then(() => ask(cell, cells[place - 1], answer));
        else if (has(cell, "check") && mine)
          cell.ready.then(() => {
            if (has(mine, "exercise")) help(cell, mine, failing);
            behind(cell, mine, run);
          });
        else return;
        known.add(cell);
      });
    };
    notebook.model.cells.changed.connect(() => requestAnimationFrame(scan));
    scan();
    if (begins(notebook)) resume(notebook, session);
  };

  // Under a cell that misses a name: the way to run what may set it.
  const missing = (cell, [asked, label], run) => {
    const { changed } = cell.model.outputs;
    const fails = () => outputs(cell).some((output) => /\bNameError\b/.test(output.ename));
    if (!fails() || !cell.outputArea) return;
    const row = group("A name is missing");
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    said.textContent = `A name is missing. ${asked} since the kernel started?`;
    row.append(said);
    button(row, label, () => run(cell));
    const update = () => {
      if (fails()) return;
      changed.disconnect(update);
      row.remove();
    };
    changed.connect(update);
    cell.outputArea.node.parentElement.after(row); // under the error
  };

  // What Python says of an expression after some code. Silent: what the student ran last stays what
  // ran last. A browser's tab knows no expressions beside the code; there the code ends with it.
  const evaluate = async (kernel, code, expression) => {
    const beside = { silent: true, user_expressions: { value: expression } };
    const { content } = await kernel.requestExecute({ code, ...beside }).done;
    if (content.status !== "ok" || content.user_expressions)
      return { ...content, data: content.user_expressions?.value?.data };
    const asked = kernel.requestExecute({ code: expression, silent: true });
    let data;
    asked.onIOPub = (message) => {
      if (message.header.msg_type === "execute_result") data = message.content.data;
    };
    await asked.done;
    return { ...content, data };
  };

  // On top of the first notebook: the way back to where one stopped.
  const resume = async (notebook, session) => {
    await session.ready;
    const kernel = session.session?.kernel;
    const page = `__import__("grader.checking.progress_page", fromlist=["_"])`;
    const way = kernel && (await evaluate(kernel, "", `${page}.Progress().resume()`));
    const html = way?.data?.["text/html"];
    const first = notebook.widgets[0];
    await first?.ready;
    if (!html || !first) return;
    const { rendermime } = notebook; // its links open in JupyterLab
    const shown = rendermime.createRenderer("text/html");
    await shown.renderModel(rendermime.createModel({ data: { "text/html": html }, trusted: true }));
    const row = group("Where you stopped");
    row.append(shown.node);
    first.inputArea.node.parentElement.after(row);
  };

  const group = (name) => {
    const row = document.createElement("div");
    row.className = "dtl-ask";
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", name);
    row.dataset.lmSuppressShortcuts = "true"; // keys are for the row, not for the notebook
    return row;
  };

  const button = (row, text, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", act);
    row.append(made);
    return made;
  };

  const ask = (cell, question, answer) => {
    if (!cell.inputArea) return;
    const choices = [...source(question).matchAll(CHOICE)];
    const row = group("Your answer");
    const show = choices.length ? letters(row, cell, choices, answer) : number(row, cell, answer);
    const update = () => show(ANSWER.exec(source(cell))?.[2].trim() ?? "");
    cell.model.sharedModel.changed.connect(update);
    update();
    cell.inputArea.node.parentElement.after(row); // under the text, above what it gives
  };

  const letters = (row, cell, choices, answer) => {
    const buttons = choices.map(([, letter, choice]) => {
      const made = button(row, letter, () => answer(cell, `"${letter}"`));
      made.title = choice;
      made.setAttribute("aria-label", `${letter}: ${choice}`);
      return made;
    });
    return (said) => {
      const chosen = said.replace(/['"]/g, "").toLowerCase();
      for (const made of buttons) {
        made.setAttribute("aria-pressed", String(made.textContent === chosen));
      }
    };
  };

  const number = (row, cell, answer) => {
    const field = document.createElement("input");
    field.inputMode = "decimal";
    field.setAttribute("aria-label", "A number");
    row.append(field);
    const give = () => {
      const typed = field.value.trim().replace(/\u2212/g, "-"); // the minus that the page prints
      const value = typed.replace(/^([-+]?)0+(?=\d)/, "$1"); // 007 is no Python
      const fits = NUMBER.test(value);
      field.setAttribute("aria-invalid", String(!fits));
      note.textContent = fits ? "" : "A number, such as 0.25, 1e-3 or 1/3.";
      if (fits) answer(cell, value);
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") give();
    });
    button(row, "Answer", give);
    const note = document.createElement("span");
    note.setAttribute("role", "status");
    row.append(note);
    return (said) => {
      field.value = said === "None" || said === "..." ? "" : said;
    };
  };

  const help = (cell, mine, failing) => {
    if (!cell.outputArea) return;
    const row = group("Help with this exercise");
    const state = () => mine.model.getMetadata("grader") ?? {};
    const show = button(row, "Show the failing input", async () => {
      said.textContent = "One moment…";
      said.textContent = await failing(cell, mine);
    });
    const again = button(row, "Start again", () => {
      const { stub, kept = [] } = state();
      mine.model.setMetadata("grader", { stub, kept: [...kept, source(mine)].slice(-KEPT) });
      write(mine, stub);
      back.focus();
    });
    const back = button(row, "Bring back what I wrote", () => {
      const { stub, kept } = state();
      const now = source(mine) === stub ? [] : [source(mine)]; // its turn comes again
      mine.model.setMetadata("grader", { stub, kept: [...now, ...kept.slice(0, -1)] });
      write(mine, kept.at(-1));
      again.focus();
    });
    const said = document.createElement("pre");
    said.setAttribute("role", "status");
    row.append(said);
    const update = () => {
      const { stub, kept = [] } = state();
      const cases = reported(cell)?.cases ?? [];
      show.hidden = cases.every((one) => one.verdict === "right");
      again.hidden = stub === undefined || source(mine) === stub;
      back.hidden = !kept.length;
      row.hidden = show.hidden && again.hidden && back.hidden;
      said.textContent = "";
    };
    mine.model.sharedModel.changed.connect(update);
    mine.model.metadataChanged.connect(update);
    cell.model.outputs.changed.connect(update);
    update();
    cell.outputArea.node.parentElement.after(row); // under what the check says
  };

  // Under a check whose answer has changed since it ran, or has not run in this kernel: both at once.
  const behind = (cell, mine, run) => {
    if (!cell.outputArea) return;
    const row = group("The check is behind");
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    row.append(said);
    button(row, "Run it, then this check", () => run(mine, cell));
    const update = () => {
      const report = reported(cell);
      const changed = mine.model.isDirty;
      const absent = report?.verdict === ABSENT && !failed(mine);
      said.textContent = changed ? "The cell above has changed since it ran." : "";
      row.hidden = !report || !(changed || absent);
    };
    mine.model.stateChanged.connect(update);
    mine.model.outputs.changed.connect(update);
    cell.model.outputs.changed.connect(update);
    update();
    cell.outputArea.node.parentElement.after(row); // next to what the check says
  };

  (window._JUPYTERLAB ??= {})["deep-training-grader"] = {
    init: (scope) => void (shared = scope),
    get: async () => {
      const { INotebookTracker, NotebookActions } = await load("@jupyterlab/notebook");
      const { IStateDB } = await load("@jupyterlab/statedb");
      const plugin = {
        id: "deep-training-grader:desk",
        autoStart: true,
        requires: [INotebookTracker],
        optional: [IStateDB],
        activate: (app, tracker, state) => activate(app, tracker, state, NotebookActions),
      };
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();

// Buttons under a question's cell: a click writes the letter into the cell, where a grader and a
// reader without this file find it, and runs the cell and its check.
//
// JupyterLab loads this file as it stands; it is what a build of an extension would give it.
(() => {
  const STYLE = `
.dtl-ask{display:flex;flex-wrap:wrap;gap:.5em;padding:.4em 0 .2em;
margin-left:calc(var(--jp-cell-prompt-width,64px) + var(--jp-cell-collapser-width,8px) + 5px)}
.dtl-ask button{min-width:2.6em;padding:.3em .8em;font:inherit;cursor:pointer;border-radius:3px;
border:1px solid var(--jp-border-color1,#767676);background:var(--jp-layout-color1,#fff);
color:var(--jp-ui-font-color1,#222)}
.dtl-ask button:hover{background:var(--jp-layout-color2,#eee)}
.dtl-ask button[aria-pressed=true]{font-weight:bold;color:var(--jp-ui-inverse-font-color1,#fff);
background:var(--jp-inverse-layout-color2,#424242)}`;
  const ANSWER = /^(\w+) = (.*)$/m;
  const CHOICE = /^- \*\*([a-z])\.\*\* (.*)$/gm;

  let shared;
  const load = async (name) => (await Object.values(shared[name])[0].get())();
  const has = (cell, tag) => (cell?.model.getMetadata("tags") ?? []).includes(tag);

  const activate = (tracker, actions) => {
    document.head.appendChild(document.createElement("style")).textContent = STYLE;
    const desk = (panel) => panel.context.ready.then(() => follow(panel, actions));
    tracker.forEach(desk);
    tracker.widgetAdded.connect((_, panel) => desk(panel));
  };

  const follow = (panel, actions) => {
    const notebook = panel.content;
    const session = panel.sessionContext;
    const known = new WeakSet();
    let imported = false; // whether the cell with the imports ran since the kernel started
    actions.executed.connect((_, done) => {
      if (done.notebook === notebook && has(done.cell, "setup")) imported = done.success;
    });
    session.statusChanged.connect((_, status) => {
      if (/restarting|dead|terminating/.test(status)) imported = false;
    });

    const answer = (cell, letter) => {
      const text = cell.model.sharedModel;
      text.setSource(text.getSource().replace(ANSWER, `$1 = "${letter}"`));
      const cells = notebook.widgets;
      const check = cells[cells.indexOf(cell) + 1];
      const first = imported ? [] : cells.filter((other) => has(other, "setup"));
      actions.runCells(notebook, [...first, cell, ...(has(check, "check") ? [check] : [])], session);
    };

    const scan = () => {
      notebook.widgets.forEach((cell, place) => {
        if (known.has(cell) || !has(cell, "predict")) return;
        known.add(cell);
        const question = notebook.widgets[place - 1];
        cell.ready.then(() => ask(cell, question, answer));
      });
    };
    notebook.model.cells.changed.connect(() => requestAnimationFrame(scan));
    scan();
  };

  const ask = (cell, question, answer) => {
    const text = cell.model.sharedModel;
    const choices = [...question.model.sharedModel.getSource().matchAll(CHOICE)];
    if (!choices.length || !cell.inputArea) return; // a number is typed
    const row = document.createElement("div");
    row.className = "dtl-ask";
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", "Your answer");
    row.dataset.lmSuppressShortcuts = "true"; // keys are for the buttons, not for the notebook
    const buttons = choices.map(([, letter, choice]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = letter;
      button.title = choice;
      button.setAttribute("aria-label", `${letter}: ${choice}`);
      button.addEventListener("click", () => answer(cell, letter));
      row.append(button);
      return button;
    });
    const show = () => {
      const chosen = ANSWER.exec(text.getSource())?.[2].trim().replace(/['"]/g, "").toLowerCase();
      for (const button of buttons) {
        button.setAttribute("aria-pressed", String(button.textContent === chosen));
      }
    };
    text.changed.connect(show);
    show();
    cell.inputArea.node.parentElement.after(row); // under the text, above what it gives
  };

  (window._JUPYTERLAB ??= {})["deep-training-grader"] = {
    init: (scope) => void (shared = scope),
    get: async () => {
      const { INotebookTracker, NotebookActions } = await load("@jupyterlab/notebook");
      const plugin = {
        id: "deep-training-grader:questions",
        autoStart: true,
        requires: [INotebookTracker],
        activate: (app, tracker) => activate(tracker, NotebookActions),
      };
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();

// The stage of a film: over a still picture, which Python has drawn, whatever moves is drawn here.
//
// Each mark comes with its places in pixels of that picture, frame by frame, so nothing here knows
// of axes or units. Between two frames a place lies on the line from one to the next: a film of ten
// frames a second moves as often as the screen does.

const WORDS_EVERY = 400; // ms between two sentences while it plays: time to read, or to be read to
const LONGEST = 100; // ms at most between two pictures: a hidden tab goes on where it was

const MARKERS = {
  o: (c, r) => c.arc(0, 0, r, 0, 2 * Math.PI),
  s: (c, r) => c.rect(-0.9 * r, -0.9 * r, 1.8 * r, 1.8 * r),
  D: (c, r) => polygon(c, [[0, -1.25 * r], [1.25 * r, 0], [0, 1.25 * r], [-1.25 * r, 0]]),
  "^": (c, r) => polygon(c, [[0, -1.1 * r], [1.1 * r, r], [-1.1 * r, r]]),
  v: (c, r) => polygon(c, [[0, 1.1 * r], [1.1 * r, -r], [-1.1 * r, -r]]),
  P: (c, r) =>
    polygon(c, [
      [-0.4, -1.1], [0.4, -1.1], [0.4, -0.4], [1.1, -0.4], [1.1, 0.4], [0.4, 0.4],
      [0.4, 1.1], [-0.4, 1.1], [-0.4, 0.4], [-1.1, 0.4], [-1.1, -0.4], [-0.4, -0.4],
    ].map(([x, y]) => [x * r, y * r])),
};

const polygon = (c, corners) => {
  corners.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
  c.closePath();
};

const numbers = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

// The numbers of frame t, where it has `n` of them; between two frames on the way from one to the other.
const between = (all, n, t) => {
  const k = Math.floor(t);
  const now = all.subarray(k * n, (k + 1) * n);
  if (t === k) return now;
  const next = all.subarray((k + 1) * n, (k + 2) * n);
  return now.map((v, i) => v + (t - k) * (next[i] - v));
};

const line = (c, xy) => {
  let pen = false;
  for (let i = 0; i < xy.length; i += 2) {
    const there = Number.isFinite(xy[i]) && Number.isFinite(xy[i + 1]);
    if (there) pen ? c.lineTo(xy[i], xy[i + 1]) : c.moveTo(xy[i], xy[i + 1]);
    pen = there;
  }
};

const DRAW = {
  trail: (c, mark, t) => {
    const here = between(mark.xy, 2, t);
    c.beginPath();
    line(c, mark.whole ? mark.xy : [...mark.xy.subarray(0, 2 * Math.floor(t) + 2), ...here]);
    if (mark.width) c.stroke();
    const [size] = between(mark.size, 1, t);
    if (!mark.marker || !(size > 0) || !Number.isFinite(here[0] + here[1])) return;
    c.save();
    c.translate(...here);
    c.beginPath();
    MARKERS[mark.marker](c, size / 2);
    c.fill();
    c.setLineDash([]);
    c.strokeStyle = "#fff";
    c.lineWidth = 1;
    c.stroke();
    c.restore();
  },
  shape: (c, mark, t) => {
    c.beginPath();
    line(c, between(mark.xy, 2 * mark.corners, t));
    if (mark.filled) c.fill();
    else c.stroke();
  },
  label: (c, mark, t) => {
    const [x, y] = between(mark.xy, 2, t);
    c.font = `${mark.size}px "DejaVu Sans", Verdana, sans-serif`;
    c.textAlign = mark.align;
    c.textBaseline = "middle";
    if (Number.isFinite(x + y)) c.fillText(mark.text[Math.floor(t)], x, y);
  },
};

const paint = (canvas, marks, [width, height], shown, t) => {
  const scale = (shown / width) * (window.devicePixelRatio || 1);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const c = canvas.getContext("2d");
  c.scale(scale, scale);
  c.lineJoin = "round";
  for (const mark of marks) {
    c.save();
    if (mark.clip) {
      c.beginPath();
      c.rect(...mark.clip);
      c.clip();
    }
    c.strokeStyle = c.fillStyle = mark.color;
    c.lineWidth = mark.width;
    c.setLineDash(mark.dash);
    DRAW[mark.kind](c, mark, t);
    c.restore();
  }
};

const element = (parent, tag, properties = {}, css = "") => {
  const made = Object.assign(document.createElement(tag), properties);
  made.className = css;
  parent.append(made);
  return made;
};

const button = (parent, text, icon, act) => {
  const made = element(parent, "button", { type: "button" }, "jupyter-widgets jupyter-button widget-button");
  const name = (said, sign) => (made.innerHTML = `<i class="fa fa-${sign}" aria-hidden="true"></i>${said}`);
  name(text, icon);
  made.addEventListener("click", act);
  return name;
};

const render = ({ model, el }) => {
  const { last, fps, label } = model.get("player");
  const controls = element(el, "div", {}, "dtl-controls");
  const row = element(controls, "label", {}, "dtl-time");
  element(row, "span", { textContent: label }, "widget-label");
  const slider = element(row, "input", { type: "range", min: 0, max: last, step: 1 });
  slider.setAttribute("aria-label", label);
  const readout = element(row, "output", {}, "widget-readout");
  const buttons = element(controls, "div", {}, "dtl-buttons");
  const picture = element(el, "div", {}, "dtl-picture dtl-live");
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true"); // what it shows is the alternative text of the picture
  const said = element(el, "p", {}, "dtl-said");
  said.setAttribute("role", "status");

  let at = model.get("value"); // the frame, with a fraction while it plays
  let playing = 0; // the request for the next picture, or 0
  let marks = [];
  let spoken = 0; // when the words were last changed

  const say = () => {
    const error = model.get("error");
    const words = error || model.get("said")[Math.floor(at)];
    said.classList.toggle("dtl-error", !!error);
    if (said.textContent !== words) said.textContent = words;
    picture.querySelector("img").alt = model.get("said")[Math.floor(at)];
    spoken = performance.now();
  };
  const draw = () => {
    slider.value = readout.textContent = Math.floor(at);
    paint(canvas, marks, model.get("size"), canvas.clientWidth || model.get("size")[0], at);
    if (!playing || performance.now() - spoken > WORDS_EVERY) say();
  };
  const keep = () => {
    model.set("value", Math.floor(at));
    model.save_changes();
  };
  const pause = () => {
    cancelAnimationFrame(playing);
    playing = 0;
    named("Play", "play");
  };
  const play = () => {
    if (at >= last) at = 0;
    let before = performance.now();
    const next = (now) => {
      const pace = (fps * speed.value) / 1000;
      at = Math.min(at + pace * Math.min(Math.max(now - before, 0), LONGEST), last);
      before = now;
      playing = requestAnimationFrame(next);
      if (at >= last) stop();
      else draw();
    };
    playing = requestAnimationFrame(next);
    named("Pause", "pause");
  };
  const go = (frame) => {
    pause();
    at = Math.min(Math.max(frame, 0), last);
    draw();
  };
  const stop = () => go(Math.floor(at));

  const named = button(buttons, "Play", "play", () => {
    if (!playing) return play();
    stop();
    keep();
  });
  const step = (by) => () => {
    go(Math.floor(at) + by);
    keep();
  };
  button(buttons, "Back", "step-backward", step(-1));
  button(buttons, "Step", "step-forward", step(1));
  const choice = element(buttons, "label", {}, "dtl-speed");
  element(choice, "span", { textContent: "speed" }, "widget-label");
  const speed = element(choice, "select");
  for (const [text, value] of [["slow", 0.4], ["normal", 1], ["fast", 2.5]])
    element(speed, "option", { textContent: text, value, selected: value === 1 });
  slider.addEventListener("input", () => {
    go(Number(slider.value));
    keep();
  });

  const lift = () => {
    const ground = document.createElement("template");
    ground.innerHTML = model.get("ground");
    picture.replaceChildren(ground.content, canvas);
    say();
  };
  const load = () => {
    marks = model.get("marks").map((mark) => ({
      ...mark,
      xy: numbers(mark.xy),
      ...(mark.kind === "trail" && { size: numbers(mark.size) }),
    }));
    picture.querySelector("img").dispatchEvent(new Event("load")); // names the controls anew
    draw();
  };
  const follow = () => {
    if (model.get("value") !== Math.floor(at) && !playing) go(model.get("value"));
  };
  const told = (message) => go(message.frame);
  lift();
  model.on("change:ground", lift);
  model.on("change:marks", load);
  model.on("change:said", say);
  model.on("change:error", say);
  model.on("change:value", follow);
  model.on("msg:custom", told);
  const size = new ResizeObserver(draw);
  size.observe(picture);
  requestAnimationFrame(load); // when it stands on the page
  return () => {
    pause();
    size.disconnect();
    for (const event of ["change:ground", "change:marks", "change:said", "change:error", "change:value", "msg:custom"])
      model.off(event);
  };
};

export default { render };

// Between the site and the network: keeps a whole release of the site, so that it opens without a
// network, and carries what Python reads and writes to the page that keeps the files.
//
// A release is taken over as a whole: a new one is fetched beside the old one and serves pages from
// the moment on at which no tab shows the old one any more.
const RELEASE = "__RELEASE__"; // a digest of the site, put in by the build
const CACHE = `lab ${RELEASE}`;
const LIST = "offline.json"; // the files of the release
const channel = new BroadcastChannel("/sw-api.v1"); // JupyterLite's
const told = new BroadcastChannel("lab"); // ours: what is being loaded

const address = (path) => new URL(path, self.registration.scope).href;

// The place in the cache: without a query, a folder by its page.
const place = (url) => {
  const found = new URL(url);
  found.search = found.hash = "";
  if (found.pathname.endsWith("/")) found.pathname += "index.html";
  return found.href;
};

// Fetch what is not kept yet. "no-cache": a server is asked whether its file is still the one that
// the browser has, or a release would be mixed with the one before.
const keep = async () => {
  const cache = await caches.open(CACHE);
  const list = await fetch(address(LIST), { cache: "no-cache" });
  const files = await list.clone().json();
  const there = new Set((await cache.keys()).map((request) => request.url));
  const missing = files.filter((file) => !there.has(address(file)));
  let left = missing.length;
  const next = async () => {
    while (missing.length) {
      const file = missing.shift();
      const answer = await fetch(address(file), { cache: "no-cache" });
      if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
      await cache.put(address(file), answer);
      left -= 1;
      if (left % 20 === 0) told.postMessage({ left });
    }
  };
  await Promise.all([next(), next(), next(), next()]);
  await cache.put(address(LIST), list);
  told.postMessage({ left: 0 });
};

self.addEventListener("install", (event) => {
  // On the first visit the page comes first, and asks for the rest when Python runs.
  if (self.registration.active) event.waitUntil(keep());
  else self.skipWaiting();
});

// Another site of this origin has caches, too.
const ours = async (name) => {
  const kept = await (await caches.open(name)).keys();
  return kept.every(({ url }) => url.startsWith(self.registration.scope));
};

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys())
      if (name.startsWith("lab ") && name !== CACHE && (await ours(name))) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener("message", (event) => {
  if (event.data === "keep")
    event.waitUntil(keep().catch((error) => told.postMessage({ failed: String(error) })));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (url.pathname === "/api/service-worker-heartbeat") event.respondWith(new Response("ok"));
  else if (url.href.startsWith(address("api/drive")) || url.href.startsWith(address("api/stdin/")))
    event.respondWith(ask(request, url));
  else if (request.method === "GET" && url.href.startsWith(self.registration.scope))
    event.respondWith(answer(event));
});

const answer = async (event) => {
  const { request } = event;
  const cache = await caches.open(CACHE);
  const key = place(request.url);
  const kept = await cache.match(key);
  const file = key.slice(address("").length);
  if (file.startsWith("static/pyodide/")) told.postMessage({ file });
  if (kept) return kept;
  const fresh = await fetch(request);
  if (fresh.ok && fresh.type === "basic" && !fresh.redirected)
    event.waitUntil(cache.put(key, fresh.clone()));
  return fresh;
};

// Python waits for the answer of a page: JupyterLite's own messages.
const ask = async (request, url) => {
  const question = await request.json();
  question.requestId ??= crypto.randomUUID();
  question.pathname = url.pathname;
  return new Promise((resolve) => {
    const hear = ({ data }) => {
      const mine = data.browsingContextId === question.browsingContextId;
      if (!mine || data.requestId !== question.requestId) return;
      channel.removeEventListener("message", hear);
      resolve(new Response(JSON.stringify(data.response)));
    };
    channel.addEventListener("message", hear);
    channel.postMessage(question);
  });
};

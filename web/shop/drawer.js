// The drawer beside the shop: each event as it leaves the page, its acknowledgement, and a moment later its document in
// MongoDB. It listens to what clickd.js tells ("clickd" events) and asks clickd-web for documents; it sends nothing.
import { html, put } from "./markup.js";
import { prettyJSON } from "./json.js";
import { findDocument } from "./stored.js";

const KEEP = 40;
const KEPT = "shop.drawer";
const entries = new Map(); // messageId to {event, state, at, ms, storedMs, document, error}
let panel = null, list = null, waitingUntil = 0;

const STEPS = { queued: 0, waiting: 0, sent: 1, acknowledged: 2, stored: 3, refused: 1 };
const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const span = (ms) => (ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`);

export function startDrawer(element) {
  panel = element;
  put(panel, html`
    <button class="handle" type="button" aria-expanded="false" aria-controls="seen">
      <span class="dot" aria-hidden="true"></span><span class="title">What clickd sees</span><span class="state"></span>
      <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path d="m6 15 6-6 6 6" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>
    </button>
    <div class="inside" id="seen">
      <header><h2><span class="dot" aria-hidden="true"></span>What clickd sees</h2><p class="state" aria-live="polite"></p></header>
      <dl class="tally"><div><dt>Sent</dt><dd>0</dd></div><div><dt>Acknowledged</dt><dd>0</dd></div><div><dt>In MongoDB</dt><dd>0</dd></div></dl>
      <ol class="events" tabindex="0" aria-label="Events, newest first"></ol>
    </div>`);
  list = panel.querySelector(".events");
  const handle = panel.querySelector(".handle");
  const open = (isOpen) => {
    panel.classList.toggle("open", isOpen);
    handle.setAttribute("aria-expanded", String(isOpen));
  };
  handle.addEventListener("click", () => open(!panel.classList.contains("open")));
  addEventListener("keydown", (key) => key.key === "Escape" && panel.classList.contains("open") && (open(false), handle.focus()));
  addEventListener("clickd", (told) => heard(told.detail));
  // Tabs share a queue: another may have sent ours, and then takes it out.
  addEventListener("storage", ({ key, newValue }) => {
    if (key && key.startsWith("clickd.q.") && newValue === null) heard({ state: "stored", ids: [key.slice(-36)] });
  });
  addEventListener("pagehide", keep);
  recall();
  setInterval(overview, 1000);
}

function heard({ state, ids, event, ms, errors }) {
  for (const id of ids) {
    if (state === "queued") entries.set(id, { id, event, at: Date.now(), state });
    const entry = entries.get(id);
    if (!entry) continue; // of another tab, or an earlier visit
    if (state === "sent" || state === "beacon") entry.state = "sent";
    if (state === "waiting" || state === "refused") entry.state = state;
    if (state === "refused") entry.error = (errors.find((error) => error.messageId === id) || errors[0]).message;
    if (state === "stored") {
      Object.assign(entry, { state: "acknowledged", ms });
      lookFor(entry);
    }
    draw(entry);
  }
  if (state === "waiting") waitingUntil = Date.now() + ms;
  if (state === "stored") waitingUntil = 0;
  overview();
}

async function lookFor(entry) {
  const from = Date.now();
  const found = await findDocument(entry.id);
  if (!found) return;
  Object.assign(entry, { state: "stored", storedMs: Date.now() - from, document: found });
  draw(entry);
  overview();
}

// ---- Drawing

const subject = ({ type, event, properties = {}, userId }) => {
  if (type === "page") return properties.title.split(" · ")[0];
  if (type === "identify") return userId;
  if (event === "Products Searched") return `“${properties.query}”, ${properties.results === 1 ? "1 result" : `${properties.results} results`}`;
  if (properties.name) return properties.name + (properties.quantity > 1 ? ` × ${properties.quantity}` : "");
  if (properties.order_id) return properties.order_id;
  const products = properties.products ? properties.products.length : 0;
  return products === 1 ? properties.products[0].name : products > 1 ? `${products} products` : "";
};
const KINDS = { page: "Page", identify: "Identify", group: "Group", alias: "Alias" };

function draw(entry) {
  const { id, event, state, ms, storedMs, error, at } = entry;
  let row = document.getElementById(`e-${id}`);
  if (!row) {
    if (entry.drawn) return; // pushed out by newer ones
    entry.drawn = true;
    row = document.createElement("li");
    row.id = `e-${id}`;
    put(row, html`<details><summary>
        <span class="what"><b>${event.event || KINDS[event.type]}</b><span class="subject">${subject(event)}</span></span>
        <time>${time.format(at)}</time><span class="way"></span>
      </summary><div class="papers"></div></details>`);
    row.querySelector("details").addEventListener("toggle", () => papers(entry, row));
    list.prepend(row);
    if (list.children.length > KEEP) list.lastElementChild.remove();
  }
  const reached = STEPS[state];
  row.dataset.state = state;
  const steps = [
    state === "waiting" ? "Waiting" : state === "queued" ? "Queued" : "Sent",
    state === "refused" ? `Refused: ${error}` : ms === undefined ? "Acknowledged" : `Acknowledged, ${span(ms)}`,
    storedMs === undefined ? "In MongoDB" : `In MongoDB, ${span(storedMs)}`,
  ];
  put(row.querySelector(".way"), html`${steps.map((text, i) => html`<span class="step ${reached > i ? "done" : ""}">${text}</span>`)}`);
  papers(entry, row);
}

function papers({ event, document: stored }, row) {
  if (!row.querySelector("details").open) return;
  const added = stored ? Object.keys(stored).filter((key) => !(key in event)) : [];
  put(row.querySelector(".papers"), html`
    <h3>What left the page</h3><pre tabindex="0" aria-label="Event">${prettyJSON(event)}</pre>
    <h3>What is in MongoDB</h3>${stored ? html`<pre tabindex="0" aria-label="Document">${prettyJSON(stored, added)}</pre>
      <p class="legend">Marked lines are clickd's own.</p>` : html`<p class="legend">Not there yet.</p>`}`);
}

function overview() {
  const all = [...entries.values()];
  const reached = (step) => all.filter(({ state }) => STEPS[state] >= step && state !== "refused").length;
  [reached(1), reached(2), reached(3)].forEach((count, i) => (panel.querySelectorAll(".tally dd")[i].textContent = count));
  const away = waitingUntil > Date.now();
  const open = all.filter(({ state }) => state !== "stored" && state !== "refused").length;
  const kept = all.filter(({ state }) => STEPS[state] < 2 && state !== "refused").length;
  const text = away ? `${kept} kept, again in ${Math.ceil((waitingUntil - Date.now()) / 1000)} s`
    : open > 0 ? `${open} under way` : all.length > 0 ? `All ${all.length} stored` : "Nothing yet";
  panel.dataset.state = away ? "away" : open > 0 ? "busy" : "calm";
  for (const state of panel.querySelectorAll(".state")) if (state.textContent !== text) state.textContent = text;
}

// ---- A reload, or the next visit of this tab, goes on where this one ended.

function keep() {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify([...entries.values()].slice(-KEEP)));
  } catch {
    // no room: the drawer begins anew
  }
}

function recall() {
  try {
    for (const entry of JSON.parse(sessionStorage.getItem(KEPT)) || []) {
      entry.drawn = false;
      entries.set(entry.id, entry);
      draw(entry);
      if (entry.state !== "stored" && entry.state !== "refused") lookFor(entry);
    }
  } catch {
    // not ours
  }
  overview();
}

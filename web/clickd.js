// clickd.js: a page's events to clickd-web, none lost, none doubled. docs/tracker.md tells its use. Apache-2.0.
// An event is one localStorage key, so tabs share a queue without overwriting. It leaves the queue when the server has
// answered. Sending again is harmless: its messageId never changes, and clickd keeps one.
(function (window, document, navigator) {
  "use strict";
  const early = window.clickd;
  if (early && early.track) return;

  const MAX_EVENTS = 1000, MAX_AGE = 30 * 864e5; // in the queue; the oldest go first
  const EVENT_BYTES = 32e3, BATCH_BYTES = 48e4, BEACON_BYTES = 6e4; // the server's and browsers' limits
  const GATHER = 200, PATIENCE = 2e4, SLOWEST = 3e5; // ms: before a send, for an answer, between tries
  const QUEUE = "clickd.q.", WAIT = "clickd.wait", LOST = "clickd.lost", CONSENT = "clickd.consent";
  const ANONYMOUS = "clickd.anonymous", USER = "clickd.user", CAMPAIGN = "clickd.campaign";

  const script = document.currentScript || document.querySelector('script[src*="clickd.js"]');
  const option = (name) => script.getAttribute("data-" + name);
  const endpoint = new URL(option("endpoint") || "/v1/batch", script.src).href;
  const size = (text) => new Blob([text]).size;
  const now = () => new Date().toISOString();
  const isPrivate = () => navigator.globalPrivacyControl === true;

  // An object stands in where the browser gives no storage.
  const storage = (name) => {
    try {
      delete window[name][QUEUE];
      return window[name];
    } catch (e) {
      return {};
    }
  };
  const store = storage("localStorage"), session = storage("sessionStorage");

  function uuid() {
    if (crypto.randomUUID) return crypto.randomUUID(); // https pages
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join("");
    return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  // A page may watch: window.addEventListener("clickd", (e) => e.detail).
  const tell = (state, ids, more) =>
    window.dispatchEvent(new CustomEvent("clickd", { detail: Object.assign({ state, ids }, more) }));

  // ---- Who

  const domain = option("cookie"); // "": this host alone
  const setCookie = (value, seconds) => {
    if (domain !== null) document.cookie = `clickd_id=${value};path=/;max-age=${seconds};samesite=lax${domain && ";domain=" + domain}`;
  };

  function anonymousId() {
    if (option("anonymous") === "off") return;
    const found = domain !== null && /\bclickd_id=([\w-]+)/.exec(document.cookie);
    const id = (found && found[1]) || store[ANONYMOUS] || uuid();
    put(ANONYMOUS, id);
    setCookie(id, 34e6);
    return id;
  }

  function forget() {
    delete store[ANONYMOUS];
    delete store[USER];
    delete session[CAMPAIGN];
    setCookie("", 0);
  }

  // ---- Queue

  const queued = () => Object.keys(store).filter((key) => key.startsWith(QUEUE)).sort();
  const keyAt = (ms) => QUEUE + (ms + 1e13); // 14 digits: keys sort by time
  const idOf = (key) => key.slice(QUEUE.length + 20);
  let serial = 1e4;

  function drop(key) {
    delete store[key];
    tell("dropped", [idOf(key)]);
    put(LOST, (+store[LOST] || 0) + 1);
  }

  // In a full storage our oldest make room.
  function put(key, value) {
    try {
      store[key] = value;
    } catch (e) {
      const oldest = queued()[0];
      if (oldest) drop(oldest), put(key, value);
    }
  }

  function keep(event) {
    const text = JSON.stringify(event), keys = queued();
    const key = keyAt(Date.now()) + "." + serial++ + event.messageId;
    while (keys.length >= MAX_EVENTS || keys[0] < keyAt(Date.now() - MAX_AGE)) drop(keys.shift());
    if (size(text) < EVENT_BYTES) put(key, text);
    if (!(key in store)) return drop(key);
    tell("queued", [event.messageId], { event });
    if (!timer && !busy) schedule(GATHER);
  }

  // Takes from the front of these keys what fits into one request.
  function pack(keys, room) {
    const taken = [], texts = [];
    while (keys.length && (room -= size(store[keys[0]]) + 1) > 0) {
      const key = keys.shift(), text = store[key];
      if (text) taken.push(key), texts.push(text); // else another tab has sent it
    }
    const body = `{"sentAt":"${now()}","writeKey":${JSON.stringify(option("key"))},"batch":[${texts}]}`;
    return { taken, ids: taken.map(idOf), body };
  }

  // ---- Sending

  let timer = 0, busy = false, failures = 0;

  function schedule(ms) {
    clearTimeout(timer);
    timer = setTimeout(send, ms);
  }

  // What the server asked us to wait, in ms; for other tabs and later pages too.
  const toldToWait = () => Math.min((store[WAIT] || 0) - Date.now(), 36e5);

  function asked(response) {
    const said = response && (response.headers.get("Retry-After") || response.headers.get("X-RateLimit-Reset"));
    return (said < 1e9 ? said * 1e3 : Date.parse(said) - Date.now()) || 0;
  }

  async function post(body) {
    const abort = new AbortController(), alarm = setTimeout(() => abort.abort(), PATIENCE);
    let response, answer;
    try {
      const headers = { "Content-Type": "text/plain" }; // no preflight
      response = await fetch(endpoint, { method: "POST", body, headers, credentials: "omit", signal: abort.signal });
      if (response.ok || response.status === 400) answer = await response.json();
    } catch (e) { /* no answer, or not clickd's: again */ }
    clearTimeout(alarm);
    return [response, answer || {}];
  }

  // Sends the oldest once; only clickd's own 200 or 400 ends an event. Returns the ms until the next try.
  async function deliver() {
    const start = Date.now(), { taken, ids, body } = pack(queued(), BATCH_BYTES);
    if (!ids.length) return 0;
    tell("sent", ids);
    const [response, answer] = await post(body);
    if (answer.success || answer.code) {
      failures = 0;
      delete store[WAIT];
      taken.forEach((key) => delete store[key]);
      const errors = answer.success ? answer.errors || [] : [answer];
      const refused = answer.success ? errors.map((error) => ids[error.index]) : ids;
      const stored = ids.filter((id) => !refused.includes(id));
      if (refused.length) tell("refused", refused, { errors }), console.warn("clickd: refused:", errors[0].message);
      if (stored.length) tell("stored", stored, { ms: Date.now() - start });
      return 0;
    }
    const said = asked(response);
    if (said > 0) put(WAIT, Date.now() + said);
    const backoff = Math.min(1e3 * 2 ** failures++, SLOWEST) * (0.5 + Math.random() / 2);
    const ms = Math.max(backoff, said * (1 + Math.random() / 10));
    tell("waiting", ids, { ms, status: response ? response.status : 0 });
    return ms;
  }

  async function send() {
    clearTimeout(timer);
    timer = 0;
    const told = toldToWait();
    if (told > 0) return schedule(told);
    if (busy) return;
    busy = true;
    let next = 1e3; // for when another tab is sending
    const work = async (lock) => {
      if (lock) next = await deliver();
    };
    await (navigator.locks ? navigator.locks.request("clickd", { ifAvailable: true }, work).catch(work) : work(1));
    busy = false;
    if (queued().length) schedule(next);
  }

  // The page may die now. What goes out here stays queued: no answer comes back.
  function leave() {
    const keys = toldToWait() > 0 ? [] : queued();
    while (keys.length) {
      const { ids, body } = pack(keys, BEACON_BYTES);
      if (!navigator.sendBeacon || !navigator.sendBeacon(endpoint, body)) {
        fetch(endpoint, { method: "POST", body, keepalive: true, credentials: "omit" }).catch(() => {});
      }
      tell("beacon", ids);
    }
  }

  // ---- Events

  const here = () =>
    ({ url: location.href, path: location.pathname, search: location.search, title: document.title, referrer: document.referrer });

  function context() {
    const campaign = {};
    for (const [name, value] of new URLSearchParams(location.search)) {
      if (name.startsWith("utm_")) campaign[name.slice(4).replace("campaign", "name")] = value;
    }
    // It holds for the visit, not for one page.
    if (campaign.source && !isPrivate()) session[CAMPAIGN] = JSON.stringify(campaign);
    return {
      library: { name: "clickd.js", version: "1.0.0", lost: +store[LOST] || undefined },
      page: here(),
      campaign: JSON.parse(session[CAMPAIGN] || null) || undefined,
      app: option("app") ? { name: option("app") } : undefined,
      locale: navigator.language,
      screen: { width: screen.width, height: screen.height },
    };
  }

  const waiting = []; // for consent; in memory only

  function capture(type, fields, options = {}) {
    const said = store[CONSENT], gpc = isPrivate();
    const event = Object.assign({ type, messageId: uuid(), timestamp: now() }, fields);
    event.context = Object.assign(context(), options.context);
    if (said === "no" || (gpc && "identify alias".includes(type))) return;
    if (!said && option("consent") === "wait") return waiting.push([type, event, options]);
    if (type === "identify" && event.userId) put(USER, event.userId);
    keep(gpc ? event : Object.assign({ anonymousId: anonymousId(), userId: store[USER] }, event));
    return event.messageId;
  }

  const api = {
    track: (event, properties = {}, options) => capture("track", { event, properties }, options),
    page(category, name, properties, options) {
      if (typeof name !== "string") [category, name, properties, options] = [undefined, category, name, properties];
      return capture("page", { name, category, properties: Object.assign(here(), { name, category }, properties) }, options);
    },
    identify(id, traits, options) {
      if (typeof id === "object") [id, traits, options] = [null, id, traits];
      return capture("identify", Object.assign({ traits: traits || {} }, id && { userId: String(id) }), options);
    },
    group: (groupId, traits = {}, options) => capture("group", { groupId, traits }, options),
    alias: (userId, previousId, options) => capture("alias", { userId, previousId: previousId || store[USER] || store[ANONYMOUS] }, options),
    reset: forget,
    flush: send,
    consent(given) {
      if (!given) forget(), queued().forEach((key) => delete store[key]);
      put(CONSENT, given ? "yes" : "no");
      waiting.splice(0).forEach((call) => capture(...call));
    },
    push: ([name, ...values]) => api[name](...values),
  };
  // A mistaken call must not stop the page.
  for (const name of Object.keys(api)) {
    const act = api[name];
    api[name] = (...values) => {
      try {
        return act(...values);
      } catch (e) {
        console.warn("clickd: " + name, e);
      }
    };
  }

  // ---- Attributes: data-clickd-event="Product Added" data-clickd-product-id="p1" data-clickd-on="click|submit|visible"

  function fromAttributes(element) {
    const properties = {};
    const set = (name, text) => {
      const isNumber = /^(price|quantity|revenue|total|value|position|results|shipping|tax|discount)$/.test(name);
      properties[name] = isNumber && text.trim() && !isNaN(text) ? +text : text;
    };
    for (const { name, value } of element.attributes) {
      if (/^data-clickd-(?!event$|on$|property$)/.test(name)) set(name.slice(12).replace(/-/g, "_"), value);
    }
    element.querySelectorAll("[data-clickd-property]").forEach((field) => set(field.getAttribute("data-clickd-property"), field.value));
    api.track(element.getAttribute("data-clickd-event"), properties);
  }

  for (const kind of ["click", "submit"]) {
    document.addEventListener(kind, ({ target }) => {
      const element = target.closest("[data-clickd-event]");
      if (!element) return;
      const on = element.getAttribute("data-clickd-on") || (element.matches("form") ? "submit" : "click");
      if (on === kind) fromAttributes(element);
    }, true);
  }

  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting || target.getAttribute("data-clickd-on") !== "visible") continue;
      target.setAttribute("data-clickd-on", "seen");
      fromAttributes(target);
    }
  }, { threshold: 0.5 });
  const look = () => document.querySelectorAll('[data-clickd-on="visible"]').forEach((element) => sight.observe(element));
  new MutationObserver(look).observe(document, { childList: true, subtree: true });

  // ---- Start

  document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? leave() : send()));
  window.addEventListener("online", send);
  window.clickd = api;
  look();
  if (option("page") !== null) api.page();
  if (Array.isArray(early)) early.forEach(api.push);
  send();
})(window, document, navigator);

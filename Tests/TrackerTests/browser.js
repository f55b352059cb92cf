// As much of a browser as clickd.js touches, with a clock and a server that a test holds in its hands: several tabs of
// one origin share a storage and a lock, and each request is answered by the test.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");
const { webcrypto } = require("node:crypto");

const SOURCE = fs.readFileSync(path.join(__dirname, "../../web/clickd.js"), "utf8");

// The event loop's turns that promises need; no time passes.
const settle = async () => {
  for (let i = 0; i < 30; i++) await new Promise((done) => setImmediate(done));
};

class Origin {
  constructor() {
    this.now = 1_800_000_000_000;
    this.timers = new Map();
    this.storage = {};
    this.held = false;
    this.requests = [];
    this.beacons = [];
    this.serial = 0;
    this.answer = () => stored;
  }

  // Lets time pass, a timer at a time.
  async pass(ms) {
    const end = this.now + ms;
    await settle();
    for (;;) {
      const [id, due] = [...this.timers].sort((a, b) => a[1].at - b[1].at)[0] || [];
      if (!due || due.at > end) break;
      this.timers.delete(id);
      this.now = Math.max(this.now, due.at);
      due.act();
      await settle();
    }
    this.now = end;
  }

  get queue() {
    return Object.keys(this.storage).filter((key) => key.startsWith("clickd.q.")).sort().map((key) => JSON.parse(this.storage[key]));
  }

  // A page with the tracker on it. `attributes` are those of the script element, `page` replaces parts of the browser.
  tab(attributes = {}, page = {}) {
    const origin = this;
    const listeners = {};
    const target = { addEventListener: (name, act) => (listeners[name] = (listeners[name] || []).concat(act)) };
    const told = [];
    const script = { src: "https://shop.example/clickd.js", getAttribute: (name) => attributes[name] ?? null };
    class Clock extends Date {
      constructor(...values) {
        super(...(values.length ? values : [origin.now]));
      }
      static now() {
        return origin.now;
      }
    }
    const document = Object.assign({}, target, {
      currentScript: script, title: "A page", referrer: "", cookie: "", visibilityState: "visible", querySelectorAll: () => [],
    });
    const window = Object.assign({}, target, {
      document, Date: Clock, URL, URLSearchParams, Blob, AbortController, JSON, Math,
      console: { warn: (...words) => told.push(["warning", words.join(" ")]) },
      localStorage: this.storage, sessionStorage: {}, crypto: webcrypto,
      location: { href: "https://shop.example/p/1?utm_source=letter&utm_campaign=may", pathname: "/p/1", search: "?utm_source=letter&utm_campaign=may" },
      screen: { width: 1440, height: 900 },
      CustomEvent: class { constructor(name, { detail }) { this.detail = detail; } },
      dispatchEvent: ({ detail }) => told.push([detail.state, detail]),
      IntersectionObserver: class { observe() {} },
      MutationObserver: class { observe() {} },
      setTimeout: (act, ms) => (origin.timers.set(++origin.serial, { act, at: origin.now + ms }), origin.serial),
      clearTimeout: (id) => origin.timers.delete(id),
      fetch: async (url, request) => {
        origin.requests.push({ url, at: origin.now, request, body: JSON.parse(request.body) });
        const answer = await origin.answer(origin.requests.length, request);
        if (!answer) throw new TypeError("Failed to fetch");
        const [status, body, headers = {}] = answer;
        return { status, ok: status === 200, headers: { get: (name) => headers[name] ?? null }, json: async () => JSON.parse(body) };
      },
    }, page);
    window.navigator = Object.assign({
      language: "en",
      sendBeacon: (url, body) => origin.beacons.push(body) > 0,
      locks: {
        request: async (name, options, work) => {
          if (origin.held) return work(null);
          origin.held = true;
          try {
            return await work({});
          } finally {
            origin.held = false;
          }
        },
      },
    }, page.navigator);
    window.window = window;
    vm.runInNewContext(SOURCE, window, { filename: "clickd.js" });
    return {
      clickd: window.clickd, told, document,
      hide() {
        document.visibilityState = "hidden";
        listeners.visibilitychange.forEach((act) => act());
      },
      say: (name) => listeners[name].forEach((act) => act()),
    };
  }
}

const stored = [200, '{"success":true}'];
const away = null;
module.exports = { Origin, stored, away, SOURCE };

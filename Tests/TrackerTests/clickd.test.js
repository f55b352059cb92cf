// What docs/tracker.md promises of clickd.js, one test a promise. Run by `node --test Tests/TrackerTests`.
"use strict";
const test = require("node:test");
const assert = require("node:assert");
const { webcrypto } = require("node:crypto");
const { gzipSync } = require("node:zlib");
const { Origin, stored, away, SOURCE } = require("./browser.js");

const idsOf = (request) => request.body.batch.map((event) => event.messageId);
const states = (tab) => tab.told.map(([state]) => state);

test("clickd.js is under 5 KB gzipped as shipped", () => {
  assert.ok(gzipSync(SOURCE, { level: 9 }).length < 5000);
});

test("an event says what, who, when and where", async () => {
  const origin = new Origin();
  const { clickd } = origin.tab({ "data-key": "k1", "data-app": "a shop" });
  clickd.identify("customer 7");
  clickd.track("Product Added", { product_id: "p1", price: 12.5 }, { context: { till: 3 } });
  await origin.pass(1000);
  const [{ body, url, request }] = origin.requests;
  assert.equal(url, "https://shop.example/v1/batch");
  assert.equal(request.headers["Content-Type"], "text/plain");
  assert.equal(request.credentials, "omit");
  assert.equal(body.writeKey, "k1");
  assert.ok(Date.parse(body.sentAt) >= Date.parse(body.batch[1].timestamp));
  const [identify, track] = body.batch;
  assert.equal(identify.type, "identify");
  assert.equal(track.type, "track");
  assert.equal(track.event, "Product Added");
  assert.deepEqual(track.properties, { product_id: "p1", price: 12.5 });
  assert.equal(track.userId, "customer 7");
  assert.match(track.anonymousId, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  assert.equal(track.anonymousId, identify.anonymousId);
  assert.notEqual(track.messageId, identify.messageId);
  assert.deepEqual(track.context.campaign, { source: "letter", name: "may" });
  assert.deepEqual(track.context.app, { name: "a shop" });
  assert.equal(track.context.page.path, "/p/1");
  assert.equal(track.context.till, 3);
  assert.equal(track.context.userAgent, undefined);
});

test("events that happen together travel together, and leave the queue when they are acknowledged", async () => {
  const origin = new Origin();
  const tab = origin.tab();
  for (let i = 0; i < 5; i++) tab.clickd.track("Product Viewed", { position: i });
  assert.equal(origin.queue.length, 5);
  await origin.pass(1000);
  assert.equal(origin.requests.length, 1);
  assert.deepEqual(origin.requests[0].body.batch.map((event) => event.properties.position), [0, 1, 2, 3, 4]);
  assert.equal(origin.queue.length, 0);
  assert.equal(states(tab).filter((state) => state === "stored").length, 1);
});

test("whatever fails is sent again under the same ids, later and later", async () => {
  const failures = [away, [503, "{}"], [500, "<html>"], [200, "<html>a hotel's page"], [404, "{}"], [429, "{}"]];
  const origin = new Origin();
  origin.answer = (count) => (count <= failures.length ? failures[count - 1] : stored);
  const { clickd } = origin.tab();
  const id = clickd.track("Product Viewed", {});
  await origin.pass(200_000);
  assert.equal(origin.requests.length, failures.length + 1);
  for (const request of origin.requests) assert.deepEqual(idsOf(request), [id]);
  const timestamps = new Set(origin.requests.map((request) => request.body.batch[0].timestamp));
  assert.equal(timestamps.size, 1);
  assert.equal(new Set(origin.requests.map((request) => request.body.sentAt)).size, failures.length + 1);
  origin.requests.slice(1).forEach((request, i) => {
    const pause = request.at - origin.requests[i].at;
    assert.ok(pause >= 500 * 2 ** i && pause <= 1000 * 2 ** i, `pause ${i} of ${pause} ms`);
  });
  assert.equal(origin.queue.length, 0);
});

for (const name of ["Retry-After", "X-RateLimit-Reset"]) {
  test(`${name} is waited for, by other tabs and later pages too`, async () => {
    const origin = new Origin();
    origin.answer = (count) => (count === 1 ? [429, "{}", { [name]: "90" }] : stored);
    const { clickd } = origin.tab();
    clickd.track("Product Viewed", {});
    await origin.pass(10_000);
    const next = origin.tab();
    next.clickd.track("Product Added", {});
    next.clickd.flush();
    next.hide();
    await origin.pass(70_000);
    assert.equal(origin.requests.length, 1);
    assert.equal(origin.beacons.length, 0);
    await origin.pass(30_000);
    assert.ok(origin.requests[1].at - origin.requests[0].at >= 90_000);
    assert.equal(origin.queue.length, 0);
  });
}

test("400 is final: repeating would not help", async () => {
  const origin = new Origin();
  origin.answer = () => [400, '{"code":"bad_key","message":"no such key"}'];
  const tab = origin.tab();
  tab.clickd.track("Product Viewed", {});
  await origin.pass(600_000);
  assert.equal(origin.requests.length, 1);
  assert.equal(origin.queue.length, 0);
  assert.ok(states(tab).includes("refused"));
});

test("what a batch's answer refuses is not sent again, the rest is stored", async () => {
  const origin = new Origin();
  const tab = origin.tab();
  const ids = [1, 2, 3].map((i) => tab.clickd.track("Product Viewed", { i }));
  origin.answer = () => [200, `{"success":true,"errors":[{"index":1,"messageId":"${ids[1]}","code":"bad_field","message":"no"}]}`];
  await origin.pass(600_000);
  assert.equal(origin.requests.length, 1);
  assert.equal(origin.queue.length, 0);
  const said = Object.fromEntries(tab.told);
  assert.deepEqual([...said.refused.ids], [ids[1]]);
  assert.deepEqual([...said.stored.ids], [ids[0], ids[2]]);
});

test("a request that is never answered is given up and repeated", async () => {
  const origin = new Origin();
  origin.answer = (count, request) =>
    count > 1 ? stored : new Promise((_, fail) => request.signal.addEventListener("abort", () => fail(new Error("aborted"))));
  const { clickd } = origin.tab();
  clickd.track("Product Viewed", {});
  await origin.pass(60_000);
  assert.equal(origin.requests.length, 2);
  assert.equal(origin.queue.length, 0);
});

test("a page that hides sends what is unanswered by beacon, in parts a browser takes, and keeps it", async () => {
  const origin = new Origin();
  origin.answer = () => away;
  const tab = origin.tab();
  const ids = Array.from({ length: 30 }, () => tab.clickd.track("Product Viewed", { text: "ü".repeat(5000) }));
  await origin.pass(100);
  tab.hide();
  assert.ok(origin.beacons.length > 4);
  for (const body of origin.beacons) assert.ok(Buffer.byteLength(body) <= 64_000, `${Buffer.byteLength(body)} bytes`);
  const sent = origin.beacons.flatMap((body) => JSON.parse(body).batch.map((event) => event.messageId));
  assert.deepEqual(sent, ids);
  assert.equal(origin.queue.length, 30);
});

test("where there is no beacon, fetch with keepalive takes its place", async () => {
  const origin = new Origin();
  const tab = origin.tab({}, { navigator: { sendBeacon: () => false } });
  const id = tab.clickd.track("Product Viewed", {});
  tab.hide();
  assert.equal(origin.requests.length, 1);
  assert.equal(origin.requests[0].request.keepalive, true);
  assert.deepEqual(idsOf(origin.requests[0]), [id]);
});

test("the next page sends what the last one could not", async () => {
  const origin = new Origin();
  origin.answer = () => away;
  const id = origin.tab().clickd.track("Order Completed", { order_id: "o1" });
  await origin.pass(5_000);
  origin.timers.clear(); // the first page is gone
  origin.answer = () => stored;
  origin.tab();
  await origin.pass(1_000);
  assert.deepEqual(idsOf(origin.requests[origin.requests.length - 1]), [id]);
  assert.equal(origin.queue.length, 0);
});

test("tabs share one queue, and one of them sends it", async () => {
  const origin = new Origin();
  const tabs = [origin.tab(), origin.tab(), origin.tab()];
  const ids = tabs.map(({ clickd }, i) => clickd.track("Product Viewed", { i }));
  assert.equal(origin.queue.length, 3);
  await origin.pass(5_000);
  assert.deepEqual(origin.requests.flatMap(idsOf).sort(), [...ids].sort());
});

test("a full queue drops its oldest, and says how many", async () => {
  const origin = new Origin();
  origin.answer = () => away;
  const { clickd } = origin.tab();
  for (let i = 0; i < 1010; i++) clickd.track("Product Viewed", { i });
  assert.equal(origin.queue.length, 1000);
  assert.equal(origin.queue[0].properties.i, 10);
  origin.answer = () => stored;
  clickd.track("Product Added", {});
  assert.equal(origin.queue.pop().context.library.lost, 10);
  await origin.pass(10_000);
  assert.equal(origin.queue.length, 0);
});

test("a full storage makes room with our oldest events, never with the shop's own keys", () => {
  const origin = new Origin();
  origin.storage.basket = "x".repeat(1000);
  const used = (storage) => Object.values(storage).join("").length;
  origin.storage = new Proxy(origin.storage, {
    set(target, key, value) {
      if (used(target) - String(target[key] || "").length + String(value).length > 8000) throw new Error("QuotaExceededError");
      target[key] = String(value);
      return true;
    },
  });
  const { clickd } = origin.tab();
  for (let i = 0; i < 30; i++) clickd.track("Product Viewed", { i });
  assert.equal(origin.storage.basket.length, 1000);
  assert.equal(origin.queue[origin.queue.length - 1].properties.i, 29);
  assert.equal(origin.queue.length + Number(origin.storage["clickd.lost"]), 30);
});

test("an event of more than 32 KB is dropped and counted; a request is at most 500 KB", async () => {
  const origin = new Origin();
  const tab = origin.tab();
  tab.clickd.track("Product Viewed", { text: "x".repeat(33_000) });
  assert.equal(origin.queue.length, 0);
  assert.equal(Number(origin.storage["clickd.lost"]), 1);
  for (let i = 0; i < 40; i++) tab.clickd.track("Product Viewed", { text: "x".repeat(30_000) });
  await origin.pass(10_000);
  assert.ok(origin.requests.length >= 3);
  for (const { request } of origin.requests) assert.ok(request.body.length <= 500_000);
  assert.equal(origin.requests.flatMap(idsOf).length, 40);
});

test("what is older than 30 days is no longer sent", async () => {
  const origin = new Origin();
  origin.answer = () => away;
  origin.tab().clickd.track("Product Viewed", {});
  origin.timers.clear();
  origin.now += 31 * 864e5;
  const { clickd } = origin.tab();
  const id = clickd.track("Product Viewed", {});
  assert.deepEqual(origin.queue.map((event) => event.messageId), [id]);
});

test("Global Privacy Control: no ids, no identify, nothing kept about the person", async () => {
  const origin = new Origin();
  const { clickd } = origin.tab({ "data-cookie": "" }, { navigator: { globalPrivacyControl: true } });
  clickd.identify("customer 7", { email: "a@shop.example" });
  clickd.track("Product Viewed", { product_id: "p1" });
  await origin.pass(1000);
  const [event, ...others] = origin.requests[0].body.batch;
  assert.equal(others.length, 0);
  assert.equal(event.anonymousId, undefined);
  assert.equal(event.userId, undefined);
  assert.deepEqual(Object.keys(origin.storage), []);
});

test("data-anonymous=off: no anonymous id is made", async () => {
  const origin = new Origin();
  const { clickd } = origin.tab({ "data-anonymous": "off" });
  clickd.track("Product Viewed", {});
  await origin.pass(1000);
  assert.equal(origin.requests[0].body.batch[0].anonymousId, undefined);
  assert.deepEqual(Object.keys(origin.storage), []);
});

test("data-cookie: the id is in a cookie of the shop, and one that is there already is taken", () => {
  const origin = new Origin();
  const first = origin.tab({ "data-cookie": "shop.example" });
  first.clickd.track("Product Viewed", {});
  assert.match(first.document.cookie, /^clickd_id=[0-9a-f-]{36};path=\/;max-age=\d+;samesite=lax;domain=shop\.example$/);
  const other = new Origin();
  const second = other.tab({ "data-cookie": "" }, {});
  second.document.cookie = "a=b; clickd_id=known-1";
  second.clickd.track("Product Viewed", {});
  assert.equal(other.queue[0].anonymousId, "known-1");
});

test("consent: nothing is kept or sent before yes, everything is forgotten after no", async () => {
  const origin = new Origin();
  const { clickd } = origin.tab({ "data-consent": "wait" });
  const at = new Date(origin.now).toISOString();
  clickd.track("Product Viewed", {});
  await origin.pass(10_000);
  assert.deepEqual([Object.keys(origin.storage), origin.requests.length], [[], 0]);
  clickd.consent(true);
  await origin.pass(1_000);
  assert.equal(origin.requests[0].body.batch[0].timestamp, at);
  clickd.identify("customer 7");
  clickd.consent(false);
  clickd.track("Product Viewed", {});
  await origin.pass(10_000);
  assert.deepEqual(Object.keys(origin.storage), ["clickd.consent"]);
  assert.equal(origin.requests.length, 1);
});

test("reset begins a new visitor", () => {
  const origin = new Origin();
  const { clickd } = origin.tab();
  clickd.identify("customer 7");
  clickd.track("Product Viewed", {});
  clickd.reset();
  clickd.track("Product Viewed", {});
  const [, before, after] = origin.queue;
  assert.equal(before.userId, "customer 7");
  assert.equal(after.userId, undefined);
  assert.notEqual(after.anonymousId, before.anonymousId);
});

test("group, alias, page and traits have Segment's shape", () => {
  const origin = new Origin();
  const { clickd } = origin.tab({ "data-page": "on" });
  clickd.page("Shop", "Home", { a: 1 });
  clickd.group("g1", { size: 4 });
  clickd.alias("new", "old");
  clickd.identify({ plan: "free" });
  const [automatic, page, group, alias, identify] = origin.queue;
  assert.deepEqual([automatic.type, automatic.name, automatic.properties.path], ["page", undefined, "/p/1"]);
  assert.deepEqual([page.category, page.name, page.properties.name, page.properties.a], ["Shop", "Home", "Home", 1]);
  assert.deepEqual([group.groupId, group.traits.size], ["g1", 4]);
  assert.deepEqual([alias.userId, alias.previousId], ["new", "old"]);
  assert.deepEqual([identify.traits, identify.userId], [{ plan: "free" }, undefined]);
});

test("calls made before the script is there are taken up, in order", () => {
  const origin = new Origin();
  origin.tab({}, { clickd: [["track", "Product Viewed", { i: 1 }], ["track", "Product Added", { i: 2 }]] });
  assert.deepEqual(origin.queue.map((event) => event.properties.i), [1, 2]);
});

test("a wrong call warns and never stops the page", () => {
  const origin = new Origin();
  const tab = origin.tab();
  const loop = {};
  loop.loop = loop;
  tab.clickd.track("Product Viewed", loop);
  tab.clickd.push(["nothing"]);
  tab.clickd.track("Product Viewed", {});
  assert.equal(states(tab).filter((state) => state === "warning").length, 2);
  assert.equal(origin.queue.length, 1);
});

test("without storage, locks and randomUUID events still arrive", async () => {
  const origin = new Origin();
  const page = { navigator: { locks: undefined }, crypto: { getRandomValues: (bytes) => webcrypto.getRandomValues(bytes) } };
  Object.defineProperty(page, "localStorage", { enumerable: true, value: undefined });
  const { clickd } = origin.tab({}, page);
  origin.answer = (count) => (count === 1 ? away : stored);
  const id = clickd.track("Product Viewed", {});
  await origin.pass(5_000);
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(origin.requests.length, 2);
  assert.deepEqual(origin.requests.map(idsOf), [[id], [id]]);
});

test("the network coming back ends the waiting", async () => {
  const origin = new Origin();
  origin.answer = () => away;
  const tab = origin.tab();
  tab.clickd.track("Product Viewed", {});
  await origin.pass(120_000);
  const tries = origin.requests.length;
  origin.answer = () => stored;
  tab.say("online");
  await origin.pass(10);
  assert.equal(origin.requests.length, tries + 1);
  assert.equal(origin.queue.length, 0);
});

#!/usr/bin/env node
// Sends events to clickd over its acknowledged stream socket. No dependencies; Node 18 or later.
//
//   const sender = new ClickdSender();
//   await sender.send({ event: 'Product Viewed', anonymousId: 'v-1', properties: { sku: 'A1' } });
//   const unsettled = await sender.close();   // 0: everything is stored, or was refused and reported
//
// An event stays in memory until clickd settled it. After a disconnect all unsettled events are sent
// again, in order; the messageId that each got once makes that safe.

import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import net from 'node:net';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';

export class ClickdSender {
  stored = 0;
  refused = 0;
  #unsettled = [];      // { event, line, refused }, in the order of sending
  #settled = 0;         // lines settled on this connection; the daemon counts anew on each
  #socket = null;
  #retry = null;
  #backoff = 50;
  #closed = false;
  #waiting = new Set(); // called after every answer

  constructor({ path = process.env.CLICKD_SOCKET ?? '/run/clickd/clickd.sock', maxUnsettled = 1000,
    onRefused = (event, code, text) => console.error(`clickd refused ${event.messageId}: ${code} ${text}`) } = {}) {
    Object.assign(this, { path, maxUnsettled, onRefused });
  }

  /** Takes one event, gives it its messageId once, and resolves to that id. Waits while `maxUnsettled`
   *  events are unsettled and rejects after `timeout` ms; the event was then not taken. */
  async send(event, timeout = 30_000) {
    event.messageId ??= randomUUID();
    event.timestamp ??= new Date().toISOString();
    const line = JSON.stringify(event) + '\n';
    if (!await this.#until(() => this.#unsettled.length < this.maxUnsettled, timeout)) {
      throw new Error(`${this.#unsettled.length} events are unsettled; this one was not taken`);
    }
    this.#unsettled.push({ event, line, refused: false });
    if (this.#socket) this.#socket.write(line);
    else this.#connect();
    return event.messageId;
  }

  /** Waits until everything is settled, at most `timeout` ms; resolves to how many events are not. */
  async flush(timeout = 10_000) {
    await this.#until(() => this.#unsettled.length === 0, timeout);
    return this.unsettled.length;
  }

  /** flush(), then hangs up. */
  async close(timeout = 10_000) {
    const left = await this.flush(timeout);
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#socket?.destroy();
    return left;
  }

  get unsettled() {
    return this.#unsettled.filter((entry) => !entry.refused).map((entry) => entry.event);
  }

  async #until(done, timeout) {
    const deadline = Date.now() + timeout;
    while (!done()) {
      if (this.#closed || Date.now() >= deadline) return false;
      await new Promise((resolve) => {
        const wake = () => { clearTimeout(timer); this.#waiting.delete(wake); resolve(); };
        const timer = setTimeout(wake, deadline - Date.now());
        this.#waiting.add(wake);
      });
    }
    return true;
  }

  #connect() {
    if (this.#socket || this.#retry || this.#closed) return;
    const socket = this.#socket = net.createConnection(this.path);
    let answers = '';
    this.#settled = 0;
    socket.setEncoding('utf8');
    socket.write('CLICKD/1 ACK\n' + this.#unsettled.map((entry) => entry.line).join(''));
    socket.on('data', (data) => {   // a read may end in the middle of a line
      const lines = (answers + data).split('\n');
      answers = lines.pop();
      for (const line of lines) this.#take(line);
    });
    // After a failed write Node may close without reading the answers that still wait. The events
    // they would have settled are then sent once more, under the same ids, and stored once.
    socket.on('error', () => {});   // 'close' follows
    socket.on('close', () => this.#hangUp());
  }

  #hangUp() {
    this.#socket = null;
    this.#unsettled = this.#unsettled.filter((entry) => !entry.refused);
    if (this.#closed) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      if (this.#unsettled.length > 0) this.#connect();
    }, this.#backoff);
    this.#backoff = Math.min(this.#backoff * 2, 5000);
  }

  #take(answer) {
    const [word, number, code, ...text] = answer.split(' ');
    if (word === 'OK') {
      const done = this.#unsettled.splice(0, Number(number) - this.#settled);
      this.stored += done.filter((entry) => !entry.refused).length;
      this.#settled = Number(number);
      this.#backoff = 50;
    } else if (word === 'NO') {
      const entry = this.#unsettled[Number(number) - this.#settled - 1];
      entry.refused = true;   // keeps its place in the count until the OK
      this.refused += 1;
      this.onRefused(entry.event, code, text.join(' '));
    } else if (word === 'CLICKD/1' && number === 'ERR') {
      console.error(`clickd does not speak this protocol: ${answer}`);
      this.#closed = true;
    }
    for (const wake of [...this.#waiting]) wake();
  }
}

function* demonstration() {
  const item = { product_id: 'P-1', name: 'Espresso cup', price: 12.5, currency: 'EUR' };
  const activities = [['Products Searched', { query: 'cup', results: 3 }], ['Product Viewed', item],
    ['Product Added to Wishlist', item], ['Product Added', { ...item, quantity: 1 }],
    ['Checkout Started', { value: 12.5, currency: 'EUR', products: [item] }]];
  for (const [event, properties] of activities) yield JSON.stringify({ event, anonymousId: 'demonstration', properties });
}

/** Reads one JSON event a line from stdin; with --demo sends five of its own. Exit 0: all are stored. */
async function main() {
  const sender = new ClickdSender();
  let sent = 0, bad = 0;
  const lines = process.argv.includes('--demo') ? demonstration() : readline.createInterface({ input: process.stdin });
  for await (const line of lines) {
    if (line.trim() === '') continue;
    sent += 1;
    try {
      const event = JSON.parse(line);
      if (event === null || typeof event !== 'object' || Array.isArray(event)) throw new Error('not an object');
      await sender.send(event);
    } catch (error) {
      bad += 1;
      console.error(`event ${sent} is not sent: ${error.message}`);
    }
  }
  const left = await sender.close();
  console.log(`sent=${sent} stored=${sender.stored} refused=${sender.refused + bad} unsettled=${left}`);
  process.exitCode = sender.stored === sent ? 0 : 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) await main();

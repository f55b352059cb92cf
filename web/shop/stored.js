// An event's document as it lies in MongoDB, asked for gently: one question at a time, each event less often the longer
// it takes, none while the page is hidden.

const FIRST = 150, SLOWEST = 5000, PATIENCE = 10 * 60 * 1000;
const wanted = new Map(); // id to {done, next, pause, until}
let running = false;

// The document, or null after ten minutes without it.
export const findDocument = (id) =>
  new Promise((done) => {
    const now = Date.now();
    if (wanted.has(id)) return done(null);
    wanted.set(id, { done, next: now + FIRST, pause: FIRST, until: now + PATIENCE });
    if (!running) ask();
  });

async function ask() {
  running = true;
  while (wanted.size > 0) {
    const [id, look] = [...wanted].reduce((soonest, other) => (other[1].next < soonest[1].next ? other : soonest));
    const wait = Math.max(look.next - Date.now(), document.hidden ? 1000 : 20);
    await new Promise((then) => setTimeout(then, wait));
    if (document.hidden) continue;
    const found = navigator.onLine ? await read(id) : null;
    if (found || Date.now() > look.until) {
      wanted.delete(id);
      look.done(found);
    } else {
      look.pause = Math.min(look.pause * 1.6, SLOWEST);
      look.next = Date.now() + look.pause;
    }
  }
  running = false;
}

async function read(id) {
  try {
    const response = await fetch(`/shop/api/event?id=${encodeURIComponent(id)}`);
    return response.ok ? await response.json() : null;
  } catch {
    return null; // clickd-web is away: later
  }
}

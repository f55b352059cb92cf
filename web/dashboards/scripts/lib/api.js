// The server's answers. One error type: what happened, in words, and whether asking again may help.

export class Failure extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
  get passing() {
    return this.status === 0 || this.status === 503 || this.status === 429;
  }
}

// The server's time, from its answers: a browser's clock may be wrong, and "updated 2 s ago" must not be.
let ahead = 0;
export const serverNow = () => Date.now() + ahead;

export async function get(report, query, signal) {
  const answer = await ask(`/api/${report}?${query}`, { signal, headers: { Accept: "application/json" } });
  return answer.json();
}

// One event, sent by the server to itself, so that an empty page can fill.
export async function sendTestEvent() {
  const answer = await ask("/api/test-event", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
  return answer.json();
}

async function ask(address, options) {
  let answer;
  try {
    answer = await fetch(address, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(0, "unreachable", "clickd-web does not answer.");
  }
  const told = Date.parse(answer.headers.get("Date"));
  if (Math.abs(told - Date.now()) > 2000) ahead = told - Date.now();
  else if (!Number.isNaN(told)) ahead = 0;
  if (answer.ok) return answer;
  let fault = {};
  try {
    fault = await answer.json();
  } catch {
    // an answer without JSON: the status says enough
  }
  throw new Failure(answer.status, fault.code ?? "failed", fault.message ?? `The server answered ${answer.status}.`);
}

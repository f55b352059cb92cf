// JSON for people: indented, coloured by kind of value, the named top-level members marked.
import { html } from "./markup.js";

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;

function coloured(line) {
  const parts = [];
  let at = 0;
  for (const found of line.matchAll(TOKEN)) {
    parts.push(line.slice(at, found.index));
    const kind = found[2] ? "key" : found[1] ? "text" : "value";
    parts.push(html`<span class="j-${kind}">${found[1] || found[0]}</span>${found[2]}`);
    at = found.index + found[0].length;
  }
  return [...parts, line.slice(at)];
}

export function prettyJSON(value, marked = []) {
  let isMarked = false;
  return JSON.stringify(value, null, 2).split("\n").map((line) => {
    const member = /^ {2}"([^"]+)":/.exec(line);
    if (member) isMarked = marked.includes(member[1]);
    else if (/^[{}]/.test(line)) isMarked = false;
    return html`<span class="j-line ${isMarked ? "j-added" : ""}">${coloured(line)}${"\n"}</span>`;
  });
}

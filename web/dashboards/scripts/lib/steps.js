// A funnel's steps as the address and the server write them: names with commas between, a comma in a name as %2C. Pure.

const MOST = 10;
const PARTS = ["reached", "went_on", "left", "in_progress"];

export function readSteps(text) {
  return (text ?? "").split(",").filter((step) => step !== "").map(decode).slice(0, MOST);
}

export function writeSteps(steps) {
  return steps.map((step) => step.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",");
}

export const canAdd = (steps) => steps.length < MOST;

export function moved(steps, from, to) {
  if (from === to || to < 0 || to >= steps.length || from < 0 || from >= steps.length) return steps;
  const next = [...steps];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
}

export const without = (steps, index) => (steps.length > 1 ? steps.filter((_, at) => at !== index) : steps);

// "2.left": the visitors behind a part of the second bar; null where the address names none that there is.
export function showOf(text, count) {
  const [number, state] = (text ?? "").split(".");
  const step = Number(number);
  return Number.isInteger(step) && step >= 1 && step <= count && PARTS.includes(state) ? { step, state } : null;
}

function decode(step) {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

// A table as CSV, for what the server has no export of: the cells as they are shown, as the server would write them
// (RFC 4180, byte order mark, nothing that a spreadsheet would take for a formula). Pure.

const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+\-−]?[\d,]*\.?\d+$/;

export function csvOf(columns, rows) {
  const lines = [columns.map((column) => column.name), ...rows.map((row) => columns.map((column) => shown(column.cell(row))))];
  return `\uFEFF${lines.map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
}

// What is grouped for the eye is a plain number in a file; what is unknown is empty.
function shown(content) {
  const text = typeof content === "string" ? content : content?.textContent ?? String(content ?? "");
  if (text === "–") return "";
  return NUMBER.test(text) ? text.replaceAll(",", "").replace("−", "-") : text;
}

function cell(text) {
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

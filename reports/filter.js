// Finds rules among thousands: by words, outcome, severity, source, document and operation. What is chosen stands in
// the address, so that a view can be passed on.
const FILTER = "#filter:";
const filter = document.querySelector("form.filter");
const rules = [...document.querySelectorAll("details.rule")];
const words = new WeakMap();

function textOf(rule) {
  if (!words.has(rule)) words.set(rule, rule.textContent.toLowerCase());
  return words.get(rule);
}

function chosen() {
  return Object.fromEntries([...new FormData(filter)].filter(([, value]) => value !== ""));
}

function fits(rule, { words: asked = "", ...facts }) {
  const told = Object.entries(facts).every(([name, value]) => rule.dataset[name].split(" ").includes(value));
  return told && asked.toLowerCase().split(/\s+/).every((word) => textOf(rule).includes(word));
}

function sift() {
  const wanted = chosen();
  let left = 0;
  for (const rule of rules) {
    rule.hidden = !fits(rule, wanted);
    left += !rule.hidden;
  }
  for (const shelf of document.querySelectorAll("#rules section.shelf, #rules section.document")) {
    shelf.hidden = !shelf.querySelector("details.rule:not([hidden])");
  }
  filter.querySelector("output").textContent = left === rules.length ? `${left} rules` : `${left} of ${rules.length} rules`;
  const kept = new URLSearchParams(wanted).toString();
  if (kept) history.replaceState(null, "", FILTER + kept);
  else if (location.hash.startsWith(FILTER)) history.replaceState(null, "", "#rules");
}

function restored() {
  if (!location.hash.startsWith(FILTER)) return;
  for (const [name, value] of new URLSearchParams(location.hash.slice(FILTER.length))) {
    if (filter.elements[name]) filter.elements[name].value = value;
  }
  filter.scrollIntoView();
}

function step(from, forwards, among) {
  const row = among.filter((rule) => !rule.hidden);
  const after = (rule) => from.compareDocumentPosition(rule) & Node.DOCUMENT_POSITION_FOLLOWING;
  const next = forwards ? row.find((rule) => rule !== from && after(rule))
    : row.findLast((rule) => rule !== from && !after(rule) && !rule.contains(from));
  if (!next) return;
  next.querySelector("summary").focus();
  next.scrollIntoView({ block: "nearest" });
}

const ACTS = {
  open: () => rules.forEach((rule) => { if (!rule.hidden) rule.open = true; }),
  close: () => rules.forEach((rule) => { rule.open = false; }),
  next: () => go(true),
  previous: () => go(false),
};

function go(forwards) {
  const problems = rules.filter((rule) => rule.matches(".fail, .error, .warn, .resolved"));
  const at = document.activeElement?.closest("details.rule") ?? last ?? filter;
  step(at, forwards, problems);
  last = document.activeElement?.closest("details.rule") ?? last;
  if (last) last.open = true;
}
let last = null;

if (filter && rules.length) {
  filter.hidden = false;
  filter.addEventListener("submit", (event) => event.preventDefault());
  filter.addEventListener("input", () => requestAnimationFrame(sift));
  filter.addEventListener("reset", () => requestAnimationFrame(sift));
  filter.addEventListener("click", (event) => ACTS[event.target.dataset?.act]?.());
  filter.addEventListener("keydown", (event) => { if (event.key === "Escape") filter.reset(); });
  document.querySelector("#rules").addEventListener("keydown", (event) => {
    if (event.target.tagName !== "SUMMARY" || !event.target.parentElement.matches(".rule")) return;
    const forwards = { ArrowDown: true, j: true, ArrowUp: false, k: false }[event.key];
    if (forwards === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    step(event.target.parentElement, forwards, rules);
  });
  restored();
  sift();
}

// Finds rules among thousands: by words, outcome, severity, source, document and operation. What is chosen stands in
// the address, so that a view can be passed on. On a page of several runs each has its own rules, and its own filter.
const words = new WeakMap();

function textOf(rule) {
  if (!words.has(rule)) words.set(rule, rule.textContent.toLowerCase());
  return words.get(rule);
}

function fits(rule, { words: asked = "", ...facts }) {
  const told = Object.entries(facts).every(([name, value]) => rule.dataset[name].split(" ").includes(value));
  return told && asked.toLowerCase().split(/\s+/).every((word) => textOf(rule).includes(word));
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

function focused() {
  return document.activeElement?.closest("details.rule");
}

class Filter {
  constructor(form) {
    this.form = form;
    this.section = form.closest("section");
    this.rules = [...this.section.querySelectorAll("details.rule")];
    this.address = `#${this.section.id.slice(0, -"rules".length)}filter:`;
    this.last = null;
  }

  equip() {
    if (!this.rules.length) return;
    this.form.hidden = false;
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", () => requestAnimationFrame(() => this.sift()));
    this.form.addEventListener("reset", () => requestAnimationFrame(() => this.sift()));
    this.form.addEventListener("click", (event) => this.act(event.target.dataset?.act));
    this.form.addEventListener("keydown", (event) => { if (event.key === "Escape") this.form.reset(); });
    this.section.addEventListener("keydown", (event) => this.key(event));
    if (this.isAsked()) this.restore();
    this.sift();
    addEventListener("hashchange", () => this.arrive());
  }

  // A link leads to a view of these rules, or to one of them that is hidden.
  arrive() {
    if (this.isAsked()) this.restore();
    const hidden = linked()?.closest("[hidden]");
    if (!this.section.contains(hidden ?? null)) return;
    this.form.reset();
    this.sift();
    openTarget();
  }

  isAsked() {
    return location.hash.startsWith(this.address);
  }

  restore() {
    this.form.reset();
    for (const [name, value] of new URLSearchParams(location.hash.slice(this.address.length))) {
      if (this.form.elements[name]) this.form.elements[name].value = value;
    }
    this.form.scrollIntoView();
  }

  sift() {
    const wanted = Object.fromEntries([...new FormData(this.form)].filter(([, value]) => value !== ""));
    for (const rule of this.rules) rule.hidden = !fits(rule, wanted);
    for (const shelf of this.section.querySelectorAll("section.shelf, section.document")) {
      shelf.hidden = !shelf.querySelector("details.rule:not([hidden])");
    }
    const all = this.rules.length;
    const left = this.rules.filter((rule) => !rule.hidden).length;
    this.form.querySelector("output").textContent = left === all ? `${left} rules` : `${left} of ${all} rules`;
    const kept = new URLSearchParams(wanted).toString();
    if (kept) history.replaceState(null, "", this.address + kept);
    else if (this.isAsked()) history.replaceState(null, "", `#${this.section.id}`);
  }

  act(name) {
    if (name === "open") this.rules.forEach((rule) => { if (!rule.hidden) rule.open = true; });
    if (name === "close") this.rules.forEach((rule) => { rule.open = false; });
    if (name === "next" || name === "previous") this.go(name === "next");
  }

  go(forwards) {
    const problems = this.rules.filter((rule) => rule.matches(".fail, .error, .warn, .resolved"));
    step(focused() ?? this.last ?? this.form, forwards, problems);
    this.last = focused() ?? this.last;
    if (this.last) this.last.open = true;
  }

  key(event) {
    if (event.target.tagName !== "SUMMARY" || !event.target.parentElement.matches(".rule")) return;
    const forwards = { ArrowDown: true, j: true, ArrowUp: false, k: false }[event.key];
    if (forwards === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    step(event.target.parentElement, forwards, this.rules);
  }
}

for (const form of document.querySelectorAll("form.filter")) new Filter(form).equip();

// Pictures: what is drawn over them is shown or hidden, they are made larger and moved, and two of a size are laid over
// each other.
const LARGEST = 16;

function made(name, facts = {}, ...inside) {
  const element = Object.assign(document.createElement(name), facts);
  element.append(...inside);
  return element;
}

function switchFor(layer) {
  const box = made("input", { type: "checkbox", checked: true });
  box.addEventListener("change", () => { layer.style.display = box.checked ? "" : "none"; });
  return made("label", {}, box, ` ${layer.dataset.layer}`);
}

class View {
  constructor(svg) {
    this.svg = svg;
    this.whole = svg.getAttribute("viewBox").split(/\s+/).map(Number);
    [this.x, this.y] = this.whole;
    this.times = 1;
  }

  zoom(factor) {
    const [, , width, height] = this.whole;
    const before = this.times;
    this.times = Math.min(Math.max(this.times * factor, 1), LARGEST);
    this.move((width / before - width / this.times) / 2, (height / before - height / this.times) / 2);
  }

  move(right, down) {
    const [x, y, width, height] = this.whole;
    this.x = Math.min(Math.max(this.x + right, x), x + width - width / this.times);
    this.y = Math.min(Math.max(this.y + down, y), y + height - height / this.times);
    this.svg.setAttribute("viewBox", `${this.x} ${this.y} ${width / this.times} ${height / this.times}`);
    this.svg.classList.toggle("near", this.times > 1);
  }

  dragged(event) {
    if (this.times === 1 || !event.buttons) return;
    const scale = this.whole[2] / this.times / this.svg.clientWidth;
    this.move(-event.movementX * scale, -event.movementY * scale);
  }

  key(event) {
    const step = this.whole[2] / this.times / 10;
    const acts = {
      "+": () => this.zoom(1.5), "-": () => this.zoom(1 / 1.5), 0: () => this.zoom(0),
      ArrowLeft: () => this.move(-step, 0), ArrowRight: () => this.move(step, 0),
      ArrowUp: () => this.move(0, -step), ArrowDown: () => this.move(0, step),
    };
    if (!acts[event.key] || event.ctrlKey || event.metaKey || (this.times === 1 && event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    acts[event.key]();
  }
}

function button(text, label, act) {
  const one = made("button", { type: "button", textContent: text });
  one.setAttribute("aria-label", label);
  one.addEventListener("click", act);
  return one;
}

function equip(figure) {
  const svg = figure.querySelector("svg");
  const name = figure.dataset.caption;
  const view = new View(svg);
  svg.tabIndex = 0;
  svg.addEventListener("keydown", (event) => view.key(event));
  svg.addEventListener("pointermove", (event) => view.dragged(event));
  const tools = made("div", { className: "tools" },
    button("+", `Make “${name}” larger`, () => view.zoom(1.5)),
    button("−", `Make “${name}” smaller`, () => view.zoom(1 / 1.5)),
    button("whole", `Show all of “${name}”`, () => view.zoom(0)),
    ...[...svg.querySelectorAll("g[data-layer]")].map(switchFor));
  tools.setAttribute("role", "group");
  tools.setAttribute("aria-label", `Picture “${name}”`);
  svg.after(tools);
}

// Two pictures of a size, one over the other: a slider moves the border between them, or their difference is shown.
function laidOver(below, above) {
  const [under, over] = [below, above].map((figure) => figure.querySelector("svg").cloneNode(true));
  for (const svg of [under, over]) svg.removeAttribute("tabindex");
  const names = [below, above].map((figure) => figure.dataset.caption);
  const slider = made("input", { type: "range", min: 0, max: 100, value: 50 });
  slider.setAttribute("aria-label", `How much of “${names[0]}” is seen, and how much of “${names[1]}”`);
  const show = () => { over.style.clipPath = difference.checked ? "" : `inset(0 0 0 ${slider.value}%)`; };
  const difference = made("input", { type: "checkbox" });
  slider.addEventListener("input", show);
  difference.addEventListener("change", () => {
    over.style.mixBlendMode = difference.checked ? "difference" : "";
    slider.disabled = difference.checked;
    show();
  });
  show();
  return made("div", { className: "over" }, made("div", { className: "stack" }, under, over),
    made("div", { className: "tools" }, names[0], slider, names[1], made("label", {}, difference, " difference")));
}

function pairs(figures) {
  const alike = (one, other) => one.dataset.size === other.dataset.size;
  return figures.flatMap((one, at) => figures.slice(at + 1).filter((other) => alike(one, other)).slice(0, 1)
    .map((other) => [one, other]));
}

for (const group of document.querySelectorAll(".figures")) {
  const figures = [...group.querySelectorAll("figure[data-caption]")];
  const bar = made("div", { className: "tools" });
  for (const [one, other] of pairs(figures)) {
    const toggle = button(`Lay “${other.dataset.caption}” over “${one.dataset.caption}”`, "", () => {
      const open = toggle.getAttribute("aria-expanded") === "true";
      toggle.setAttribute("aria-expanded", String(!open));
      if (open) toggle.laid.remove();
      else bar.after(toggle.laid = laidOver(one, other));
    });
    toggle.removeAttribute("aria-label");
    toggle.setAttribute("aria-expanded", "false");
    bar.append(toggle);
  }
  if (bar.childElementCount) group.after(bar);
}
document.querySelectorAll("figure[data-caption]").forEach(equip);

// What the user looks at: metric, subset, filters, brush, pins. Whoever shows
// it listens.

const state = {
  metric: 0,
  subset: "all",
  x: null,        // column of the scatter
  y: null,
  colour: null,
  scale: { x: "auto", y: "auto" },
  cost: costColumns[0] ?? null,
  filters: new Map(),  // column -> [low, high]
  text: "",
  brush: null,    // {x, y, low: [x, y], high: [x, y], chart}
  pins: [],
};

function metricName() {
  return study.metrics[state.metric];
}

const selected = { rows: new Uint32Array(count), mask: new Uint8Array(count),
  active: false };

function computeSelection() {
  const { mask } = selected;
  mask.fill(1);
  const needle = state.text.trim();
  const keep = (column, low, high) => {
    const values = column.values;
    for (let row = 0; row < count; ++row) {
      if (!(values[row] >= low && values[row] <= high)) mask[row] = 0;
    }
  };
  for (const [column, [low, high]] of state.filters) keep(column, low, high);
  if (needle !== "") {
    for (let row = 0; row < count; ++row) {
      if (!specs[row].includes(needle)) mask[row] = 0;
    }
  }
  const brush = state.brush;
  if (brush) {
    keep(brush.x, brush.low[0], brush.high[0]);
    keep(brush.y, brush.low[1], brush.high[1]);
  }
  selected.active = brush !== null || needle !== "" || state.filters.size > 0;
  let size = 0;
  const rows = new Uint32Array(count);
  for (let row = 0; row < count; ++row) if (mask[row]) rows[size++] = row;
  selected.rows = rows.subarray(0, size);
}

/** Tau of a column with another over the selection. */
function selectedTau(x, y) {
  const found = tauB(x.levels, y.levels, selected.rows, x.missingIsLast,
    y.missingIsLast);
  return found.n < leastRows ? { tau: null, n: found.n } : found;
}

const listeners = { view: [], selection: [], pins: [] };

function tell(what) {
  for (const listener of listeners[what]) listener();
}

let pending = false;

/** Recomputes the selection with the next frame. */
function selectionChanged() {
  if (pending) return;
  pending = true;
  requestAnimationFrame(() => {
    pending = false;
    computeSelection();
    tell("selection");
  });
}

function clearSelection() {
  state.filters.clear();
  state.text = "";
  state.brush = null;
  drawFilters();
  selectionChanged();
}

function togglePin(row) {
  const at = state.pins.indexOf(row);
  if (at >= 0) state.pins.splice(at, 1);
  else state.pins.push(row);
  tell("pins");
}

function showSelectionState() {
  const active = selected.active;
  const text = byId("selection-state");
  text.textContent = active
    ? `${whole(selected.rows.length)} of ${whole(count)} selected` : "";
  text.classList.toggle("active", active);
  byId("clear").hidden = !active;
}

/** Positions of a range slider: the distinct values, or 400 of them. */
function sliderStops(column) {
  const order = column.order;
  const steps = Math.min(order.length - 1, 400);
  return { steps, value: (position) =>
    order[Math.round((position / steps) * (order.length - 1))] };
}

function rangeFilter(column) {
  const { steps, value } = sliderStops(column);
  const low = el("input", { type: "range", min: 0, max: steps, value: 0,
    "aria-label": `${column.label} at least` });
  const high = el("input", { type: "range", min: 0, max: steps,
    "aria-label": `${column.label} at most` });
  high.value = steps;
  const from = el("span", { class: "bound" });
  const to = el("span", { class: "bound" });
  const show = () => {
    from.textContent = short(value(Number(low.value)));
    to.textContent = short(value(Number(high.value)));
    low.setAttribute("aria-valuetext", from.textContent);
    high.setAttribute("aria-valuetext", to.textContent);
  };
  const change = (moved) => {
    const [a, b] = [Number(low.value), Number(high.value)];
    if (a > b) (moved === low ? high : low).value = moved.value;
    const bounds = [Number(low.value), Number(high.value)];
    if (bounds[0] === 0 && bounds[1] === steps) state.filters.delete(column);
    else state.filters.set(column, bounds.map(value));
    show();
    selectionChanged();
  };
  low.addEventListener("input", () => change(low));
  high.addEventListener("input", () => change(high));
  show();
  return el("fieldset", {}, el("legend", {}, column.label), from, low, high, to);
}

function drawFilters() {
  const ranges = costColumns.filter((c) => c.order.length > 1).slice(0, 4);
  const text = el("input", { type: "text", value: state.text,
    placeholder: "part of a spec", "aria-label": "Spec contains",
    oninput: () => {
      state.text = text.value;
      selectionChanged();
    } });
  byId("filters").replaceChildren(...ranges.map(rangeFilter), text);
}

// What the user looks at: metric, subset, filters, brush, pins. Whoever shows
// it listens.

const state = {
  metric: 0,
  subset: "all",
  x: null,        // column of the scatter
  y: null,
  colour: null,
  scale: { x: "auto", y: "auto", cost: "auto" },
  cost: costColumns[0] ?? null,
  filtered: costColumns.filter((c) => c.order.length > 1).slice(0, 3),
  filters: new Map(),  // column -> [low, high]
  text: "",
  brush: null,    // {x, y, low: [x, y], high: [x, y], chart}
  pins: [],
  section: "",    // the one that a link led to
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

function setFilter(column, bounds) {
  if (bounds === null) state.filters.delete(column);
  else state.filters.set(column, bounds);
  selectionChanged();
}

/** Sliders of costs and of columns that the reader adds, and words of specs. */
function drawFilters() {
  const text = el("input", { type: "text", value: state.text,
    placeholder: "part of a spec", "aria-label": "Spec contains",
    oninput: () => {
      state.text = text.value;
      selectionChanged();
    } });
  const other = (list) => list.filter((c) =>
    c.order.length > 1 && !state.filtered.includes(c));
  const add = chooser("Filter by", null, [["Scores", other(proxyColumns)],
    ["Truth", other(truthColumns)]], (column) => {
    if (!column) return;
    state.filtered.push(column);
    drawFilters();
    byId("filters").querySelector(`fieldset:nth-of-type(${state.filtered.length}) input`)?.focus();
  });
  const select = add.querySelector("select");
  select.prepend(el("option", { value: -1 }, "choose a column"));
  select.value = "-1";
  byId("filters").replaceChildren(
    ...state.filtered.map((column) => rangeSlider(column,
      state.filters.get(column) ?? null, (bounds) => setFilter(column, bounds))),
    el("div", { class: "more" }, add, text));
}

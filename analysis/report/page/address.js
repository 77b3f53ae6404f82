// The view stands in the address, so that a link or a bookmark shows it again:
// #metric=...&among=...&x=...

const startView = {};

/** The view as [name, text] pairs; what is as at the start is left out. */
function viewParts() {
  const label = (column) => column?.label ?? "";
  const pairs = [["x", label(state.x)], ["y", label(state.y)],
    ["colour", label(state.colour)], ["cost", label(state.cost)],
    ["xscale", state.scale.x], ["yscale", state.scale.y],
    ["costscale", state.scale.cost], ["spec", state.text],
    ["lines", curveChosen.join("\n")], ["axes", parallelChosen.join("\n")],
    ["sort", `${proxyOrder.by}\t${proxyOrder.down ? "down" : "up"}`],
    ["pins", state.pins.map((row) => specs[row]).join("\n")],
    ["filters", [...state.filters].map(([column, bounds]) =>
      `${column.label}\t${bounds.join("\t")}`).join("\n")],
    ["selected", state.brush ? [label(state.brush.x), label(state.brush.y),
      ...state.brush.low, ...state.brush.high].join("\t") : ""]];
  return pairs;
}

function writeAddress() {
  const view = new URLSearchParams();
  if (studies.length > 1) view.set("study", data.name);
  view.set("metric", metricName());
  view.set("among", state.subset);
  for (const [name, text] of viewParts()) {
    if (text !== startView[name]) view.set(name, text);
  }
  if (state.section) view.set("at", state.section);
  setAddress(view);
}

let writing = 0;

function addressLater() {
  clearTimeout(writing);
  writing = setTimeout(() => {
    if (!ended.aborted) writeAddress();
  }, 150);
}

function readColumns(asked) {
  for (const name of ["x", "y", "colour", "cost"]) {
    if (asked.has(name)) state[name] = columnLabelled(asked.get(name), state[name]);
  }
  for (const [key, name] of [["x", "xscale"], ["y", "yscale"], ["cost", "costscale"]]) {
    if (asked.get(name) in scaleNames) state.scale[key] = asked.get(name);
  }
}

function readSelection(asked) {
  state.text = asked.get("spec") ?? "";
  for (const line of (asked.get("filters") ?? "").split("\n")) {
    const [name, low, high] = line.split("\t");
    const column = columnLabelled(name);
    if (column && Number(low) <= Number(high)) {
      state.filters.set(column, [Number(low), Number(high)]);
      if (!state.filtered.includes(column)) state.filtered.push(column);
    }
  }
  const [x, y, ...bounds] = (asked.get("selected") ?? "").split("\t");
  const [a, b, c, d] = bounds.map(Number);
  if (columnLabelled(x) && columnLabelled(y) && a <= c && b <= d) {
    state.brush = { chart: "numbers", x: columnLabelled(x), y: columnLabelled(y),
      low: [a, b], high: [c, d] };
  }
  const wanted = new Set((asked.get("pins") ?? "").split("\n"));
  if (asked.has("pins")) {
    specs.forEach((spec, row) => {
      if (wanted.has(spec)) state.pins.push(row);
    });
  }
}

function readMetric(asked) {
  const metric = study.metrics.indexOf(asked.get("metric"));
  if (metric >= 0) state.metric = metric;
  if (subsets.includes(asked.get("among"))) state.subset = asked.get("among");
}

function readLines(asked) {
  const known = new Set(data.rows.map((row) => row.proxy));
  const names = (text) => text.split("\n").filter((name) => known.has(name));
  if (asked.has("lines")) curveChosen = names(asked.get("lines"));
  const [by, direction] = (asked.get("sort") ?? "").split("\t");
  if (by) Object.assign(proxyOrder, { by, down: direction !== "up" });
  if (asked.has("axes")) parallelChosen = names(asked.get("axes"));
}

/** Links to sections keep the view; the section stands in it too. */
function goTo(section) {
  state.section = section;
  const target = byId(section);
  target.scrollIntoView();
  // Tab goes on from there.
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
  target.addEventListener("blur", () => target.removeAttribute("tabindex"),
    { once: true });
  writeAddress();
}

function watchLinks() {
  for (const link of document.querySelectorAll(".bar nav a")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      goTo(link.hash.slice(1));
    });
  }
  const skip = document.querySelector(".skip");
  skip.addEventListener("click", (event) => {
    event.preventDefault();
    goTo("answer");
  }, { signal: ended });
}

// Dots of architectures: shared by the scatter plot and the view of costs.
//
// Dots are drawn as "large" series, thousands of them in one stroke; such a
// series has one colour, so there is one for each class of colour.

/** The axis of a scale, whose name fits into `room` pixels where it can. */
function dotAxis(scale, room) {
  const fits = longestName([scale.name]) <= room;
  const axis = axisStyle(fits ? scale.name : scale.shortName ?? scale.name);
  const [min, max] = extentOf(scale);
  return { ...axis, type: "value", min, max, nameLocation: "middle",
    nameTruncate: { maxWidth: room },
    nameTextStyle: { ...axis.nameTextStyle, color: palette().ink },
    minInterval: scale.kind === "log" ? 1 : undefined,
    axisLabel: { ...axis.axisLabel, showMinLabel: false, showMaxLabel: false,
      formatter: scale.text } };
}

/** The class of each row by a column, and what each class is called. */
function colourClasses(column) {
  const colours = palette();
  if (!column) return { of: () => 0, names: [], colours: [colours.dot] };
  const order = column.order;
  const ramp = colours.ramp;
  const size = Math.min(order.length, ramp.length);
  const shade = (i) => ramp[size < 2 ? 0 : Math.round((i / (size - 1)) * (ramp.length - 1))];
  const missing = { name: "none", colour: colours.grey };
  const bounds = [];
  const names = [];
  if (order.length <= ramp.length) {
    for (const value of order) {
      bounds.push(value);
      names.push(short(value));
    }
  } else {
    const sorted = Float64Array.from(column.values.filter((v) => v === v)).sort();
    let from = sorted[0];
    for (let i = 1; i <= size; ++i) {
      const to = sorted[Math.min(sorted.length - 1, Math.ceil((i / size) * sorted.length) - 1)];
      if (bounds.length > 0 && to <= bounds[bounds.length - 1]) continue;
      bounds.push(to);
      names.push(`${short(from)} to ${short(to)}`);
      from = to;
    }
  }
  const classOf = (row) => {
    const value = column.values[row];
    if (value !== value) return bounds.length;
    let i = 0;
    while (i < bounds.length - 1 && value > bounds[i]) ++i;
    return i;
  };
  return { of: classOf, names: [...names, missing.name],
    colours: [...bounds.map((_, i) => shade(i)), missing.colour] };
}

/** Rows with a place on both axes, those not selected first, then by class. */
function dotGroups(x, y, classes) {
  const groups = new Map();
  for (let row = 0; row < count; ++row) {
    const [px, py] = [x.of(row), y.of(row)];
    if (!Number.isFinite(px) || !Number.isFinite(py)) continue;
    const group = selected.mask[row] ? classes.of(row) : -1;
    if (!groups.has(group)) groups.set(group, { points: [], rows: [] });
    const { points, rows } = groups.get(group);
    points.push([px, py]);
    rows.push(row);
  }
  return groups;
}

function dotSeries(x, y, classes) {
  const groups = dotGroups(x, y, classes);
  // Below 4 pixels dots are painted one by one, so that many look darker.
  const size = count > 4000 ? 3 : count > 400 ? 5 : 8;
  const classNumbers = classes.colours.map((_, i) => i);
  return [-1, ...classNumbers].filter((g) => groups.has(g)).map((group) => {
    const { points, rows } = groups.get(group);
    return { id: `dots${group}`, type: "scatter", large: true, largeThreshold: 0,
      progressive: 0, symbolSize: size, data: points, rows, z: group < 0 ? 2 : 3,
      itemStyle: { color: group < 0 ? palette().pale : classes.colours[group],
        opacity: group < 0 ? (size < 4 ? 0.4 : 1) : classes.names.length > 0 ? 0.7 : 0.5 } };
  });
}

function pinSeries(x, y) {
  const rows = state.pins.filter((row) =>
    Number.isFinite(x.of(row)) && Number.isFinite(y.of(row)));
  const colours = palette();
  return { id: "pins", type: "scatter", symbol: "diamond", symbolSize: 15, z: 6,
    rows, itemStyle: { color: "transparent", borderWidth: 2.5 },
    data: rows.map((row) => ({ value: [x.of(row), y.of(row)],
      itemStyle: { borderColor: pinColour(row) },
      label: { show: true, position: "top", color: colours.ink,
        fontWeight: "bold", formatter: pinName(row) } })) };
}

function pinColour(row) {
  const { series } = palette();
  return series[state.pins.indexOf(row) % series.length];
}

function pinName(row) {
  return String.fromCharCode(65 + (state.pins.indexOf(row) % 26));
}

function tipFor(row, shown) {
  const lines = [...new Set(shown)].filter((c) => c).map((column) => el("tr", {},
    el("th", {}, column.label), el("td", {}, short(column.values[row]))));
  return el("div", { class: "tip" }, drawCell(specs[row]) ?? "",
    el("div", { class: "spec" }, ...specParts(specs[row])),
    el("table", {}, el("tbody", {}, ...lines)));
}

/** A view of dots: what lies on its axes, and its brush. */
class DotView {
  /** `columnsOf()` and `scalesOf()` are those of both axes, `extra(x, y)` more
      series, `shown()` further columns of a tip, `key()` the key. */
  constructor(id, { columnsOf, scalesOf, extra, shown, key }) {
    Object.assign(this, { id, columnsOf, scalesOf, extra, shown, key });
    this.chart = makeChart(id, (chart) => this.draw(chart));
    this.chart.on("brush", (event) => this.brushed(event.areas));
    this.chart.on("brushEnd", (event) => this.brushed(event.areas));
    this.chart.on("click", (event) => {
      const row = this.rowOf(event);
      if (row !== undefined) togglePin(row);
    });
  }

  rowOf(event) {
    const series = this.series?.[event.seriesIndex];
    return series?.rows?.[event.dataIndex];
  }

  brushed(areas) {
    const area = areas[0];
    if (!area || !area.coordRange) {
      if (state.brush?.chart === this.id) {
        state.brush = null;
        selectionChanged();
      }
      return;
    }
    const [xs, ys] = area.coordRange;
    const [x, y] = this.scales;
    const [xColumn, yColumn] = this.columnsOf();
    this.setBrush(xColumn, yColumn, [x, y], [xs[0], ys[0]], [xs[1], ys[1]]);
    this.rectangle = area.coordRange;
  }

  /** Puts the rectangle back after a drawing anew. */
  restoreRectangle() {
    if (state.brush?.chart !== this.id) return;
    this.chart.dispatchAction({ type: "brush", areas: [{ brushType: "rect",
      xAxisIndex: 0, yAxisIndex: 0, coordRange: this.rectangle }] });
  }

  /** Bounds are places on the axes, which become values. */
  setBrush(xColumn, yColumn, [x, y], low, high) {
    const [x0, x1] = valuesBetween(x, low[0], high[0]);
    const [y0, y1] = valuesBetween(y, low[1], high[1]);
    const other = dotViews.find((view) => view.id !== this.id);
    if (state.brush?.chart === other?.id) other?.dropRectangle();
    state.brush = { chart: this.id, x: xColumn, y: yColumn,
      low: [x0, y0], high: [x1, y1] };
    selectionChanged();
  }

  /** Takes the rectangle off the chart, whatever is selected. */
  dropRectangle() {
    this.chart.dispatchAction({ type: "brush", areas: [] });
  }

  allSeries() {
    const [x, y] = this.scales;
    const series = [...fenceSeries(x, y), ...dotSeries(x, y, this.classes),
      ...this.extra(x, y), pinSeries(x, y), ...keySeries(this.key())];
    this.series = series;
    return series.map(({ rows, ...rest }) => rest);
  }

  draw(chart) {
    const [xColumn, yColumn] = this.columnsOf();
    if (!xColumn || !yColumn) return;
    this.scales = this.scalesOf();
    this.classes = colourClasses(state.colour);
    const [x, y] = this.scales;
    const { clientWidth, clientHeight } = chart.getDom();
    chart.setOption({
      ...chartBase(),
      grid: { left: 66, right: 18, top: taking ? 28 : 10, bottom: 48 },
      tooltip: { ...chartBase().tooltip, trigger: "item",
        formatter: (event) => {
          const row = this.rowOf(event);
          return row === undefined ? null
            : tipFor(row, [xColumn, yColumn, ...this.shown()]);
        } },
      brush: { xAxisIndex: 0, yAxisIndex: 0, seriesIndex: [], brushMode: "single",
        throttleType: "debounce", throttleDelay: 0, brushStyle: {
          color: "rgba(110,150,190,.13)", borderColor: palette().accent,
          borderWidth: 1.2 } },
      toolbox: { show: false },
      xAxis: { ...dotAxis(x, clientWidth - 90), nameGap: 28 },
      yAxis: { ...dotAxis(y, clientHeight - 66), nameGap: 46 },
      series: this.allSeries(),
    }, true);
    if (chart !== this.chart) return;
    this.chart.dispatchAction({ type: "takeGlobalCursor", key: "brush",
      brushOption: { brushType: "rect", brushMode: "single" } });
    this.restoreRectangle();
    this.chart.getDom().setAttribute("aria-label",
      `Scatter plot: ${y.name} against ${x.name}, ${whole(count)} architectures`);
  }

  /** Only the dots, after a change of the selection or the pins. */
  update() {
    if (!this.scales) return;
    this.chart.setOption({ series: this.allSeries() }, {
      replaceMerge: ["series"] });
  }
}

const dotViews = [];

function dropBrush() {
  if (!state.brush) return;
  for (const view of dotViews) view.dropRectangle();
  state.brush = null;
  selectionChanged();
}

const columnGroups = [["Scores", proxyColumns], ["Truth", truthColumns]];

function drawScatterControls() {
  const set = (name) => (column) => {
    state[name] = column;
    if (name !== "colour") dropBrush();
    tell("view");
  };
  const colour = chooser("Colour", state.colour, columnGroups, set("colour"));
  const none = el("option", { value: -1, selected: state.colour === null }, "one colour");
  colour.querySelector("select").prepend(none);
  if (state.colour === null) colour.querySelector("select").value = "-1";
  byId("scatter-controls").replaceChildren(
    el("span", { class: "joined" }, chooser("Across", state.x, columnGroups, set("x")),
      scaleChooser("Scale across", "x")),
    el("span", { class: "joined" }, chooser("Up", state.y, columnGroups, set("y")),
      scaleChooser("Scale up", "y")), colour);
}

/** The brush without a mouse. */
function drawRanges() {
  const [x, y] = [state.x, state.y];
  if (!x || !y) return;
  const field = (column, end) => el("input", { type: "number", step: "any",
    "aria-label": `${column.label} ${end ? "at most" : "at least"}`,
    value: column.order.length ? column.order[end ? column.order.length - 1 : 0] : "",
  });
  const fields = [x, x, y, y].map((column, i) => field(column, i % 2));
  const { brush } = state;
  if (brush?.x === x && brush?.y === y) {
    [brush.low[0], brush.high[0], brush.low[1], brush.high[1]].forEach((v, i) => {
      fields[i].value = v;
    });
  }
  const select = () => {
    const [x0, x1, y0, y1] = fields.map((f) => f.valueAsNumber);
    for (const view of dotViews) view.dropRectangle();
    state.brush = { chart: "numbers", x, y, low: [x0, y0], high: [x1, y1] };
    selectionChanged();
  };
  byId("scatter-ranges").replaceChildren(
    el("fieldset", {}, el("legend", {}, x.label), fields[0], "to", fields[1]),
    el("fieldset", {}, el("legend", {}, y.label), fields[2], "to", fields[3]),
    el("button", { type: "button", id: "select-ranges", onclick: select }, "Select"));
}

function scatterKey() {
  if (!state.colour) return [];
  const { names, colours } = colourClasses(state.colour);
  const last = state.colour.missing ? names.length : names.length - 1;
  return names.slice(0, last).map((text, i) => ({ text, colour: colours[i] }));
}

function drawScatterKey() {
  drawKey("scatter-key", state.colour ? `${state.colour.label}:` : "", scatterKey());
}

/** The key of a chart: what its colours stand for. */
function drawKey(id, title, entries) {
  byId(id).replaceChildren(...(title ? [el("span", {}, title)] : []),
    ...entries.map(({ text, colour, line }) => el("span", {},
      el("i", { class: line ? "line" : null, style: `background:${colour}` }), text)));
}

/** The numbers that the scatter plot shows of the selection. */
function scatterLines() {
  const shown = [...new Set([state.x, state.y, state.colour].filter((c) => c))];
  return [["arch", ...shown.map((c) => c.label)], ...Array.from(selected.rows, (row) =>
    [specs[row], ...shown.map((c) => c.values[row])])];
}

const overAll = { pair: [], value: null };

/** Tau over all architectures, kept from one drag to the next. */
function tauOverAll(x, y) {
  if (overAll.pair[0] !== x || overAll.pair[1] !== y) {
    overAll.pair = [x, y];
    overAll.value = tauB(x.levels, y.levels, specs.map((_, row) => row),
      x.missingIsLast, y.missingIsLast);
  }
  return overAll.value;
}

function drawScatterReadout() {
  const [x, y] = [state.x, state.y];
  const over = tauOverAll(x, y);
  const missing = x.missing;
  const parts = [];
  if (selected.active) {
    const inside = selectedTau(x, y);
    const few = inside.n < leastRows ? `, fewer than ${leastRows}: not shown` : "";
    parts.push("tau-b in the selection: ", el("strong", { id: "brushed-tau" }, three(inside.tau)),
      ` (n = ${whole(inside.n)}${few}); over all: ${three(over.tau)}.`);
  } else {
    parts.push("tau-b over all: ", el("strong", {}, three(over.tau)),
      ` (n = ${whole(over.n)}).`);
  }
  if (missing > 0) {
    parts.push(` ${whole(missing)} without ${x.label} ${missing === 1 ? "is" : "are"} not drawn${
      x.missingIsLast ? missing === 1 ? " and ranks last" : " and rank last" : ""}.`);
  }
  const notes = [scaleOf(x, state.scale.x), scaleOf(y, state.scale.y)].map(scaleNote);
  if (x === y) notes.pop();
  byId("scatter-readout").replaceChildren(...parts,
    el("span", { class: "aside" }, notes.join("")));
}

// The course of the search, its regret, and what one column costs of another.

function finite(values) {
  return values.filter((value) => Number.isFinite(value));
}

function quantile(sorted, share) {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const next = sorted[Math.min(below + 1, sorted.length - 1)];
  return sorted[below] + (at - below) * (next - sorted[below]);
}

/** What an axis shows: everything within three times the range between the
    quartiles beyond them (Tukey's far fences), so that a few values far away do
    not press the rest into a line. */
function shownRange(values) {
  const known = finite(values).sort((a, b) => a - b);
  const [first, third] = [quantile(known, 0.25), quantile(known, 0.75)];
  const room = 3 * (third - first);
  const inside = room === 0 ? known
    : known.filter((v) => v >= first - room && v <= third + room);
  return [inside[0], inside[inside.length - 1], known.length - inside.length];
}

/** How many values an axis leaves out. */
function leftOut(column) {
  return finite(column.values).length === 0 ? 0 : shownRange(column.values)[2];
}

/** By logarithm where what is shown spans three powers of ten. */
function valueAxis(name, values) {
  const [low, high] = shownRange(values);
  const axis = axisStyle(name);
  const room = 0.04 * (high - low || Math.abs(high) || 1);
  const log = low > 0 && high / low > 1000;
  return { ...axis, type: log ? "log" : "value", scale: true,
    min: log ? low / 1.2 : low - room, max: log ? high * 1.2 : high + room,
    nameLocation: "middle",
    axisLabel: { ...axis.axisLabel, showMinLabel: false, showMaxLabel: false,
      formatter: (v) => short(v) } };
}

function axes(x, y) {
  return {
    grid: { left: 74, right: 22, top: taking ? 32 : 12, bottom: 48 },
    xAxis: { ...x, nameGap: 28 },
    yAxis: { ...y, nameGap: 56 },
  };
}

function archTip(row) {
  const lines = columns.map((column) => el("tr", {},
    el("th", {}, column.name), el("td", {}, short(column.values[row]))));
  const cell = drawCell(archs[row]);
  return el("div", { class: "tip" }, cell,
    el("div", { class: "spec" }, archs[row]),
    el("table", {}, el("tbody", {}, ...lines,
      el("tr", {}, el("th", {}, "step"), el("td", {}, whole(data.steps[row]))))));
}

/** Rows as dots: those that are not wished are pale. */
function dots(rows, place, chosen) {
  const colours = palette();
  const series = (name, some, colour, size, symbol = "circle") => ({ type: "scatter", name,
    clip: true,
    symbol, symbolSize: size, itemStyle: { color: colour }, z: size,
    data: some.map((row) => [...place(row), row]) });
  const wished = rows.filter(isWished);
  const others = rows.filter((row) => !isWished(row));
  return [series("others", others, colours.pale, 5),
    series("evaluated", wished.filter((row) => !chosen.has(row)), colours.faint, 6),
    series("chosen", rows.filter((row) => chosen.has(row)), colours.dot, 9, "diamond")];
}

function dotTooltip() {
  return { ...chartBase().tooltip,
    formatter: (p) => p.data?.length > 2 ? archTip(p.data[2]) : null };
}

/** The best so far, by its step. */
function bestSoFar(column) {
  const points = [];
  let best = null;
  const order = [...allRows].sort((a, b) => data.steps[a] - data.steps[b]);
  for (const row of order) {
    const value = goodness(column, row);
    if (value !== value || (best !== null && value <= goodness(column, best))) continue;
    best = row;
    points.push([data.steps[row], column.values[row]]);
  }
  if (best !== null) points.push([data.queries, column.values[best]]);
  return points;
}

function traceColumn() {
  return objectives[state.objective];
}

function drawTrace(chart) {
  const column = traceColumn();
  const best = bestOf(column, allRows);
  const rows = allRows.filter((row) => Number.isFinite(column.values[row]));
  const x = { ...axisStyle("queries"), type: "value", min: 0, max: data.queries,
    nameLocation: "middle" };
  chart.setOption({ ...chartBase(), tooltip: dotTooltip(),
    ...axes(x, valueAxis(column.name, column.values)),
    series: [...dots(rows, (row) => [data.steps[row], column.values[row]],
      new Set(best === null ? [] : [best])),
    stepSeries(bestSoFar(column), { color: palette().accent, width: 1.8 }, { z: 8 }),
    ...keySeries(traceKey())] }, true);
  chart.getDom().setAttribute("aria-label",
    `${column.name} of every architecture in the order of evaluation, with the best so far; the table below has the numbers`);
}

function traceKey() {
  const colours = palette();
  const key = [{ text: "an architecture", colour: colours.faint },
    { text: "the best", colour: colours.dot },
    { text: "the best so far", colour: colours.accent, line: true }];
  if (wishes.size > 0) key.splice(1, 0, { text: "not as wished", colour: colours.pale });
  return key;
}

function regretColours(i) {
  const { series } = palette();
  return data.regret.curves[i].name.startsWith("random, ") ? palette().grey
    : series[i % series.length];
}

function regretKey() {
  return [...data.regret.curves.map((curve, i) =>
    ({ text: curve.name, colour: regretColours(i), line: true })),
  { text: "the optimum", colour: palette().ink, line: true }];
}

function drawRegret(chart) {
  const { curves, optimum, metric } = data.regret;
  // The first queries would press the rest together.
  const shown = curves.map((curve) => curve.queries
    .map((queries, i) => [queries, curve.mean[i], curve.low[i], curve.high[i]])
    .filter(([queries, mean]) => mean !== null &&
      queries >= 0.02 * curve.queries[curve.queries.length - 1]));
  const all = [optimum, ...shown.flat().map((point) => point[1])];
  const x = { ...axisStyle("queries"), type: "log", nameLocation: "middle",
    min: Math.min(...shown.flat().map((point) => point[0])),
    max: Math.max(...shown.flat().map((point) => point[0])) };
  const line = (points, colour, width) => ({ type: "line", showSymbol: false, silent: true,
    lineStyle: { color: colour, width }, data: points });
  chart.setOption({ ...chartBase(),
    ...axes(x, { ...valueAxis(metric, all), type: "value" }),
    series: [...shown.flatMap((points, i) => [
      stepSeries(points.map((p) => [p[0], p[1]]), { color: regretColours(i), width: 2 }, { z: 3 }),
      ...[2, 3].map((end) => line(points.filter((p) => p[end] !== null)
        .map((p) => [p[0], p[end]]), regretColours(i), 0.8))]),
    { ...line([], palette().ink, 1), markLine: { silent: true, symbol: "none",
      label: { show: false }, lineStyle: { color: palette().ink, type: "dashed", width: 1.2 },
      data: [{ yAxis: optimum }] } },
    ...keySeries(regretKey())] }, true);
  chart.getDom().setAttribute("aria-label",
    `${metric} of the chosen architecture against queries`);
}

function tradeoffKey() {
  const colours = palette();
  const key = [{ text: "an architecture", colour: colours.faint },
    { text: objectives.length > 1 ? "the front" : "the best", colour: colours.dot }];
  if (wishes.size > 0) key.splice(1, 0, { text: "not as wished", colour: colours.pale });
  return key;
}

function drawTradeoff(chart) {
  const { across, up } = state;
  const rows = allRows.filter((row) =>
    Number.isFinite(across.values[row]) && Number.isFinite(up.values[row]));
  chart.setOption({ ...chartBase(), tooltip: dotTooltip(),
    ...axes(valueAxis(across.name, across.values), valueAxis(up.name, up.values)),
    series: [...dots(rows, (row) => [across.values[row], up.values[row]], front),
      ...keySeries(tradeoffKey())] }, true);
  chart.getDom().setAttribute("aria-label",
    `${up.name} against ${across.name}; the table below has the numbers`);
}

function drawKeyOf(id, entries) {
  byId(`${id}-key`).replaceChildren(...entries.map((entry) => el("span", {},
    el("i", { class: entry.line ? "line" : null, style: `background:${entry.colour}` }),
    entry.text)));
}

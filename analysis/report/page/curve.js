// Tau among the best by truth, a line a proxy.

/** The proxies in colour, in the order of their colours. */
let curveChosen = null;

function curveNames() {
  const tau = (r) => r.tau[0] ?? -2;
  return rowsOf(metricName(), "all").sort((a, b) => tau(b) - tau(a))
    .map((r) => r.proxy);
}

function chooseCurves() {
  const others = curveNames().filter((name) => name !== study.baseline);
  curveChosen = others.slice(0, 4);
}

/** Architectures of the metric in a subset. */
function subsetCount(subset) {
  return Math.max(0, ...rowsOf(metricName(), subset).map((r) => r.n));
}

function curveColour(name) {
  const colours = palette();
  if (name === study.baseline) return colours.rival;
  const at = curveChosen.indexOf(name);
  return at < 0 ? colours.faint : colours.series[at % colours.series.length];
}

const curveSymbols = ["circle", "rect", "triangle", "diamond", "roundRect",
  "pin"];

function curveData(name) {
  return subsets.map((subset) =>
    data.rows.find((r) => r.metric === metricName() && r.proxy === name &&
      r.subset === subset) ?? null);
}

function inColour(name) {
  return name === study.baseline || curveChosen.includes(name);
}

/** The intervals of one proxy, shifted so that those of others stay legible. */
function intervalSeries(name, rows, shift) {
  return {
    type: "custom", silent: true, z: 3,
    data: rows.map((r, i) => [i, r?.tau[1] ?? null, r?.tau[2] ?? null]),
    encode: { x: 0, y: [1, 2] },
    clip: true,
    renderItem: (params, api) => {
      const [low, high] = [api.value(1), api.value(2)];
      if (!(low <= high)) return null;
      const [x, bottom] = api.coord([api.value(0), low]);
      const top = api.coord([api.value(0), high])[1];
      return { type: "line", style: { stroke: curveColour(name), lineWidth: 1.2 },
        shape: { x1: x + shift, x2: x + shift, y1: bottom, y2: top } };
    },
  };
}

function lineSeries(name, rows) {
  const shown = inColour(name);
  const colour = curveColour(name);
  const at = curveChosen.indexOf(name);
  const rival = name === study.baseline;
  return {
    type: "line", name, z: shown ? 4 : 2, connectNulls: false,
    data: rows.map((r) => r?.tau[0] ?? null),
    symbol: rival ? "circle" : curveSymbols[Math.max(0, at) % curveSymbols.length],
    symbolSize: shown ? 7 : 0, showSymbol: shown,
    itemStyle: { color: colour },
    lineStyle: { color: colour, width: shown ? 2 : 1,
      type: rival ? "dashed" : "solid" },
    emphasis: { focus: "none" },
    triggerLineEvent: true,
  };
}

/** Places apart by `gap`, each as near to its own as the others allow. */
function spreadApart(places, gap, bottom) {
  const order = places.map((_, i) => i).sort((a, b) => places[a] - places[b]);
  const spread = [...places];
  let free = -Infinity;
  for (const i of order) {
    spread[i] = Math.max(spread[i], free);
    free = spread[i] + gap;
  }
  let limit = bottom;
  for (const i of order.reverse()) {
    spread[i] = Math.min(spread[i], limit);
    limit = spread[i] - gap;
  }
  return spread;
}

/** The names of the lines in colour, at their ends. */
function nameSeries(names) {
  const ends = names.map((name) => curveData(name)
    .map((row, i) => [i, row?.tau[0] ?? null])
    .findLast(([, tau]) => tau !== null)).map((end) => end ?? [0, null]);
  return {
    type: "custom", silent: true, z: 5, clip: false, data: [[0, 0]],
    encode: { x: 0, y: 1 },
    renderItem: (params, api) => {
      const points = ends.map((end) => api.coord(end));
      const frame = params.coordSys;
      const places = spreadApart(points.map((p) => p[1]), 15,
        frame.y + frame.height);
      return { type: "group", children: names.flatMap((name, i) => {
        if (ends[i][1] === null) return [];
        const x = frame.x + frame.width + 6;
        const [from, y] = points[i];
        return [
          { type: "line", style: { stroke: curveColour(name), lineWidth: 1 },
            shape: { x1: from + 12, y1: y, x2: x - 3, y2: places[i] } },
          { type: "text", style: { text: name, x, y: places[i],
            fill: palette().ink, fontSize: 12.5, verticalAlign: "middle",
            width: 120, overflow: "truncate" } }];
      }) };
    },
  };
}

/** How well trainings agree in a subset; undefined where that is not known. */
function ceilingOf(subset) {
  return data.ceilings.find((c) =>
    c.metric === metricName() && c.subset === subset);
}

function curveTip(name, i) {
  if (name === ceilingName) {
    const ceiling = ceilingOf(subsets[i]);
    return ceiling ? el("span", {}, `noise ceiling, ${subsetText(subsets[i])} (n = ${whole(ceiling.n)}): ${ceiling.runs} trainings agree by tau-b ${three(ceiling.tau[0])} ${within(ceiling.tau)}`) : null;
  }
  const row = curveData(name)[i];
  if (!row) return null;
  return el("span", {},
    `${name}, ${subsetText(subsets[i])} (n = ${whole(row.n)}): tau-b ${three(row.tau[0])} ${within(row.tau)}`);
}

function drawCurve(chart) {
  const colours = palette();
  const names = curveNames();
  const shown = names.filter(inColour);
  const series = names.map((name) => lineSeries(name, curveData(name)));
  shown.forEach((name, i) => series.push(intervalSeries(name, curveData(name),
    (i - (shown.length - 1) / 2) * 4)));
  series.push(...ceilingSeries(), nameSeries(shown));
  const right = Math.min(140, Math.max(30, longestName(shown) + 22));
  const axis = axisStyle("");
  const room = (chart.getDom().clientWidth - 62 - right) / subsets.length;
  const slanted = room < 84;
  chart.setOption({
    ...chartBase(),
    grid: { left: 62, right, top: 14, bottom: slanted ? 104 : 66 },
    tooltip: { ...chartBase().tooltip, trigger: "item",
      formatter: (p) => p.seriesName && p.dataIndex !== undefined
        ? curveTip(p.seriesName, p.dataIndex) : null },
    xAxis: { ...axis, type: "category", boundaryGap: ["4%", "4%"],
      data: subsets.map((s) => `${subsetText(s)}${slanted ? ", " : "\n"}n = ${whole(subsetCount(s))}`),
      axisLabel: { ...axis.axisLabel, lineHeight: 16, interval: 0,
        hideOverlap: false, rotate: slanted ? 55 : 0 },
      nameLocation: "middle", nameGap: slanted ? 88 : 46,
      name: slanted ? "" : `the best architectures by true ${metricName()}`,
      axisLine: { show: true, onZero: true, lineStyle: { color: colours.grey } } },
    yAxis: { ...axis, type: "value", scale: false,
      name: "Kendall's tau-b", nameLocation: "middle", nameGap: 44,
      axisLabel: { ...axis.axisLabel,
        formatter: (v) => three(v).replace(/0+$/, "").replace(/\.$/, "") } },
    series,
  }, true);
  byId("curve").setAttribute("aria-label",
    `Tau-b of each proxy among the best by ${metricName()}; the table below has the numbers`);
}

function drawChips() {
  const chip = (name) => {
    const rival = name === study.baseline;
    const pressed = inColour(name);
    return el("button", { type: "button", "aria-pressed": String(pressed),
      disabled: rival, onclick: () => {
        const at = curveChosen.indexOf(name);
        if (at >= 0) curveChosen.splice(at, 1);
        else curveChosen.push(name);
        drawCurves();
        addressLater();
        byId("curve-chips").querySelectorAll("button")[curveNames().indexOf(name)]?.focus();
      } },
    pressed ? el("i", { style: `background:${curveColour(name)}` }) : "", name);
  };
  byId("curve-chips").replaceChildren(...curveNames().map(chip));
}

/** How well trainings agree with each other, where that is known. */
function ceilingSeries() {
  const rows = subsets.map((subset) => ceilingOf(subset)?.tau[0] ?? null);
  if (rows.every((tau) => tau === null)) return [];
  return [{ type: "line", name: ceilingName, z: 3, data: rows, symbol: "rect",
    symbolSize: 7, itemStyle: { color: palette().muted },
    lineStyle: { color: palette().muted, type: "dotted", width: 2 } }];
}

const ceilingName = "noise ceiling";

function curveLines() {
  const rows = curveNames().flatMap((name) => curveData(name).filter((r) => r));
  return [rankingFields, ...rows.map(rankingLine)];
}

function curveCells() {
  return [["Proxy", ...subsets.map((s) => `${subsetText(s)} (n = ${whole(subsetCount(s))})`)],
    ...curveNames().map((name) => [name, ...curveData(name).map(tauText)])];
}

function drawCurveTable() {
  const head = el("tr", {}, el("th", { scope: "col" }, "Proxy"),
    ...subsets.map((s) => el("th", { scope: "col" }, subsetText(s),
      el("span", { class: "within" }, `n = ${whole(subsetCount(s))}`))));
  const lines = curveNames().map((name) => el("tr", {},
    el("th", { scope: "row" }, name),
    ...curveData(name).map((r) => r ? estimate(r.tau) : plain(null))));
  byId("curve-table").replaceChildren(el("table", {}, el("thead", {}, head),
    el("tbody", {}, ...lines)));
}

function drawCurveText() {
  drawCurveTable();
  const none = study.shares.length > 0
    ? ` Smaller shares have fewer than ${leastRows} architectures and are not shown.`
    : " No smaller shares were asked for (--top).";
  const few = subsets.length < 2 ? none : "";
  byId("curve-read").textContent =
    `Each line is a proxy's tau-b among ever fewer of the truly best architectures; bars are 95 % intervals. A proxy whose line falls to zero ranks the field but not its top.${ceilingSeries().length ? " The dotted line is the noise ceiling: how well trainings of one architecture agree with each other." : ""}${few}`;
}

function drawCurves() {
  drawChips();
  charts.find((c) => c.element.id === "curve").draw();
}

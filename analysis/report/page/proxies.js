// The table of proxies and the forest plot of their difference to the baseline.

const verdicts = {
  beats: { sign: "\u25cf", text: "beats" },
  undecided: { sign: "\u25cb", text: "undecided" },
  trails: { sign: "\u25bc", text: "trails" },
  baseline: { sign: "", text: "baseline" },
  unknown: { sign: "", text: "\u2013" },
};

const proxyOrder = { by: "tau-b", down: true };
/** Where only two columns are seen at once, the verdict is the second. */
const narrow = matchMedia("(max-width: 700px)");
/** Tau within the selection by proxy; empty without one. */
let selectionTaus = new Map();

function estimate(numbers) {
  return el("td", {}, three(numbers[0]),
    el("span", { class: "within" }, within(numbers)));
}

/** Tau of a row with its interval, as text. */
function tauText(row) {
  return row ? `${three(row.tau[0])} ${within(row.tau)}`.trim() : three(null);
}

function plain(value) {
  return el("td", {}, three(value));
}

function proxyHeads(rows) {
  const baseline = study.baseline;
  const versus = rows.some((row) => row.difference[0] !== null);
  const heads = [
    { title: "Proxy", key: (r) => r.proxy, numeric: false,
      hint: "Shows the proxy in the scatter plot",
      cell: (r) => el("th", { scope: "row" }, el("button", { type: "button",
        class: "linklike", onclick: () => showProxy(r.proxy) }, r.proxy)) },
    { title: "n / missing", key: (r) => r.missing, numeric: true,
      hint: "architectures in the statistic; of the subset, without a score",
      cell: (r) => el("td", {}, `${whole(r.n)} / ${whole(r.missing)}`) },
    { title: "tau-b", key: (r) => r.tau[0], numeric: true,
      hint: "Kendall's tau-b with its 95 % interval",
      cell: (r) => estimate(r.tau) },
    { title: "rho", key: (r) => r.rho[0], numeric: true,
      hint: "Spearman's rho with its 95 % interval",
      cell: (r) => estimate(r.rho) },
    { title: "weighted tau", key: (r) => r.weighted_tau, numeric: true,
      hint: "an exchange near the top weighs more",
      cell: (r) => plain(r.weighted_tau) },
  ];
  if (versus) {
    heads.push(
      { title: `tau-b | ${baseline}`, key: (r) => r.partial_tau, numeric: true,
        hint: `partial tau: what is left with ${baseline} held fixed`,
        cell: (r) => plain(r.verdict === "baseline" ? null : r.partial_tau) },
      { title: `tau-b \u2212 ${baseline}`, key: (r) => r.difference[0],
        numeric: true, hint: "difference of tau-b with its 95 % interval",
        cell: (r) => r.verdict === "baseline" ? plain(null)
          : estimate(r.difference) },
      { title: "p (Holm)", key: (r) => r.p, numeric: false,
        hint: "one-sided, corrected for the number of proxies",
        cell: (r) => el("td", {}, pText(r.p)) },
      { title: "Verdict", key: (r) => Object.keys(verdicts).indexOf(r.verdict),
        numeric: false, left: true, hint: `against ${baseline}`,
        cell: (r) => el("td", { class: "mark" }, el("span",
          { class: "verdict" },
          `${verdicts[r.verdict].sign} ${verdicts[r.verdict].text}`)) });
  }
  if (selectionTaus.size > 0) {
    heads.push({ title: "tau-b in selection", numeric: true,
      hint: "within the architectures selected below; no interval",
      key: (r) => selectionTaus.get(r.proxy),
      cell: (r) => plain(selectionTaus.get(r.proxy) ?? null) });
  }
  const verdict = heads.findIndex((h) => h.title === "Verdict");
  if (narrow.matches) {
    if (verdict > 0) heads.splice(1, 0, ...heads.splice(verdict, 1));
    const sizes = heads.findIndex((h) => h.title === "n / missing");
    heads.push(...heads.splice(sizes, 1));
  }
  return heads;
}

function drawProxyTable() {
  const rows = rowsOf(metricName(), state.subset);
  const heads = proxyHeads(rows);
  if (!heads.some((h) => h.title === proxyOrder.by)) {
    Object.assign(proxyOrder, { by: "tau-b", down: true });
  }
  sortableTable(byId("proxy-table"), heads, rows, proxyOrder, {
    redraw: () => {
      drawProxyTable();
      addressLater();
    },
    attributes: (r) => ({ class: r.verdict === "baseline" ? "rival" : null }),
  });
  const missing = study.missing === "last"
    ? "architectures without a score rank last" : "architectures without a score are left out";
  const intervals = study.draws > 0
    ? `brackets are 95 % ${study.interval} intervals from ${whole(study.draws)} paired bootstrap draws; `
    : "no intervals were drawn; ";
  byId("proxies-read").textContent =
    `Agreement with ${metricName()}, ${subsetText(state.subset)} (1: the same order, 0: no relation): ${intervals}${missing}. Click a column's head to sort, and a proxy's name to see its scatter plot.`;
}

function forestRows() {
  return rowsOf(metricName(), state.subset)
    .filter((r) => r.verdict !== "baseline" && r.difference[0] !== null)
    .sort((a, b) => a.difference[0] - b.difference[0]);
}

/** A line from end to end of the interval and a mark whose shape is the
    verdict. */
function forestItem(rows) {
  return (params, api) => {
    const row = rows[params.dataIndex];
    const colours = palette();
    const [value, low, high] = row.difference;
    const [x, y] = api.coord([value, params.dataIndex]);
    const colour = row.verdict === "trails" ? colours.muted : colours.accent;
    const children = [];
    if (low !== null) {
      children.push({ type: "line", style: { stroke: colour, lineWidth: 2 },
        shape: { x1: api.coord([low, 0])[0], y1: y,
          x2: api.coord([high, 0])[0], y2: y } });
    }
    const fill = row.verdict === "undecided" || row.verdict === "unknown"
      ? colours.panel : colour;
    const style = { fill, stroke: colour, lineWidth: 2 };
    children.push(row.verdict === "trails"
      ? { type: "polygon", style, shape: { points:
          [[x - 4.5, y - 3.5], [x + 4.5, y - 3.5], [x, y + 4.5]] } }
      : { type: "circle", style, shape: { cx: x, cy: y, r: 4.5 } });
    return { type: "group", children };
  };
}

function forestTip(row) {
  return `${row.proxy}: ${three(row.difference[0])} ${within(row.difference)}, p (Holm) ${pText(row.p)}: ${verdicts[row.verdict].text}`;
}

function drawForest(chart) {
  const rows = forestRows();
  const colours = palette();
  const element = chart.getDom();
  element.style.height = `${Math.max(96, 58 + 24 * rows.length)}px`;
  chart.resize();
  const bounds = rows.flatMap((r) => r.difference).filter((v) => v !== null);
  const low = Math.min(0, ...bounds);
  const high = Math.max(0, ...bounds);
  const room = Math.max(0.005, (high - low) * 0.04);
  const names = rows.map((r) => r.proxy);
  const left = Math.min(element.clientWidth * 0.38, longestName(names) + 16);
  const axis = axisStyle(`tau-b less that of ${study.baseline}`);
  chart.setOption({
    ...chartBase(),
    grid: { left, right: 24, top: 6, bottom: 46 },
    tooltip: { ...chartBase().tooltip, trigger: "item",
      formatter: (p) => el("span", {}, forestTip(rows[p.dataIndex])) },
    xAxis: { ...axis, type: "value", min: low - room, max: high + room,
      nameLocation: "middle", nameGap: 26,
      axisLabel: { ...axis.axisLabel, showMinLabel: false, showMaxLabel: false,
        formatter: (v) => three(v).replace(/0$/, "") } },
    yAxis: { ...axisStyle(""), type: "category", data: names,
      splitLine: { show: false },
      axisLabel: { color: colours.ink, fontSize: 12.5, interval: 0,
        width: left - 14, overflow: "truncate" } },
    series: [{ type: "custom", renderItem: forestItem(rows), clip: true,
      data: rows.map((r, i) => [r.difference[0], i]),
      encode: { x: 0, y: 1 },
      markLine: { silent: true, symbol: "none", label: { show: false },
        lineStyle: { color: colours.rival, type: "dashed", width: 1.5 },
        data: [{ xAxis: 0 }] } }],
  }, true);
  element.setAttribute("aria-label",
    `Forest plot of the difference of tau-b to ${study.baseline}: ` +
    rows.toReversed().map(forestTip).join("; "));
}

function drawForestText() {
  const rows = forestRows();
  byId("forest-title").textContent =
    `Difference of tau-b to ${study.baseline}, ${metricName()}, ${subsetText(state.subset)} (n = ${whole(subsetCount(state.subset))})`;
  byId("forest-read").textContent = rows.length === 0
    ? `There is no column ${study.baseline} to compare with.`
    : `Right of the dashed line a proxy ranks better than ${study.baseline}. Filled dots beat it (interval above zero and p < .05 after Holm's correction), open ones are undecided, and grey triangles trail it (interval below zero).`;
  byId("forest").hidden = rows.length === 0;
}

function updateSelectionTaus() {
  selectionTaus = new Map();
  const metric = metricColumns[state.metric];
  if (!selected.active) return;
  const shown = new Set(data.rows.map((row) => row.proxy));
  for (const column of proxyColumns) {
    if (!shown.has(column.name)) continue;
    selectionTaus.set(column.name, selectedTau(column, metric).tau);
  }
}

function showProxy(name) {
  const column = proxyColumns.find((c) => c.name === name);
  if (!column) return;
  state.x = column;
  state.y = metricColumns[state.metric];
  dropBrush();
  tell("view");
  showScatter();
}

/** Brings the scatter plot into view, for eyes and for keys. */
function showScatter() {
  byId("scatter").scrollIntoView({ block: "center" });
  byId("scatter-controls").querySelector("select")?.focus({ preventScroll: true });
}

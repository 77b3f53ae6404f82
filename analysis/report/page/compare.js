// Several studies side by side: the same proxies, the numbers of each.

/** The metric of a study that stands beside the one that is shown: of the same
    name, else its first. */
function metricBeside(other) {
  return other.study.metrics.includes(metricName()) ? metricName()
    : other.study.metrics[0];
}

/** Rows of each study by proxy; a study without the subset has none. */
function comparedRows() {
  return studies.map((other) => {
    const metric = metricBeside(other);
    const rows = other.rows.filter((r) => r.metric === metric && r.subset === state.subset);
    return { name: other.name, metric, baseline: other.study.baseline,
      rows: new Map(rows.map((r) => [r.proxy, r])),
      n: Math.max(0, ...rows.map((r) => r.n)) };
  });
}

/** All proxies, those with the greatest mean tau first. */
function comparedNames(compared) {
  const names = [...new Set(compared.flatMap((c) => [...c.rows.keys()]))];
  const mean = (name) => {
    const taus = compared.map((c) => c.rows.get(name)?.tau[0] ?? null)
      .filter((tau) => tau !== null);
    return taus.length ? taus.reduce((a, b) => a + b, 0) / taus.length : -2;
  };
  return names.sort((a, b) => mean(b) - mean(a));
}

function comparedCell(row) {
  if (!row) return el("td", {}, three(null));
  const { sign, text } = verdicts[row.verdict];
  return el("td", {}, three(row.tau[0]),
    el("span", { class: "within" }, within(row.tau)),
    sign ? el("span", { class: "sign", role: "img", "aria-label": text, title: text }, sign)
      : el("span", { class: "sign" }));
}

function drawStudies() {
  if (studies.length < 2) return;
  const compared = comparedRows();
  const names = comparedNames(compared);
  const head = el("tr", {}, el("th", { scope: "col" }, "Proxy"),
    ...compared.map((c) => el("th", { scope: "col" }, c.name,
      el("span", { class: "under" }, `${c.metric}, n = ${whole(c.n)}`))));
  byId("studies-table").replaceChildren(el("thead", {}, head),
    el("tbody", {}, ...names.map((name) => el("tr",
      { class: name === study.baseline ? "rival" : null },
      el("th", { scope: "row" }, name),
      ...compared.map((c) => comparedCell(c.rows.get(name)))))));
  const sizes = new Set(compared.map((c) => c.n));
  const others = new Set(compared.map((c) => c.metric)).size > 1
    ? " The studies have different metrics." : "";
  const differ = sizes.size > 1
    ? " The studies are about different architectures: a difference between columns is not a difference between proxies' worth alone." : "";
  byId("studies-read").textContent =
    `Tau-b of each proxy with its 95 % interval, ${subsetText(state.subset)}: \u25cf beats the study's baseline, \u25cb undecided, \u25bc trails. "Study" at the top of the page shows one of them whole.${others}${differ}`;
  const metrics = [...new Set(compared.map((c) => c.metric))].join(", ");
  byId("studies-figure-title").textContent =
    `Tau-b in each study, ${metrics}, ${subsetText(state.subset)}`;
  drawComparedKey();
}

const comparedShapes = ["circle", "rect", "triangle", "diamond"];

function comparedColour(i) {
  const { series } = palette();
  return series[i % series.length];
}

function comparedKey() {
  return studies.map((other, i) => ({ text: other.name, colour: comparedColour(i) }));
}

function drawComparedKey() {
  drawKey("compared-key", "", comparedKey());
}

function drawCompared(chart) {
  const compared = comparedRows();
  const names = comparedNames(compared).reverse();
  const element = chart.getDom();
  const lane = Math.max(26, 10 + 9 * studies.length);
  element.style.height = `${70 + lane * names.length}px`;
  chart.resize();
  const left = Math.min(element.clientWidth * 0.38, longestName(names) + 16);
  const axis = axisStyle("Kendall's tau-b");
  const points = compared.flatMap((c, i) => names.flatMap((name, at) => {
    const row = c.rows.get(name);
    return row && row.tau[0] !== null ? [{ i, at, row }] : [];
  }));
  const bounds = [0, ...points.flatMap((p) => p.row.tau).filter((v) => v !== null)];
  const room = 0.04 * Math.max(0.05, Math.max(...bounds) - Math.min(...bounds));
  const item = (params, api) => {
    const { i, at, row } = points[params.dataIndex];
    const [x, middle] = api.coord([row.tau[0], at]);
    const y = middle + (i - (studies.length - 1) / 2) * 8;
    const colour = comparedColour(i);
    const style = { fill: colour, stroke: colour };
    const shape = comparedShapes[i % comparedShapes.length];
    const marks = {
      circle: { type: "circle", style, shape: { cx: x, cy: y, r: 4 } },
      rect: { type: "rect", style, shape: { x: x - 3.5, y: y - 3.5, width: 7, height: 7 } },
      triangle: { type: "polygon", style, shape: { points: [[x - 4.5, y + 3.5], [x + 4.5, y + 3.5], [x, y - 4.5]] } },
      diamond: { type: "polygon", style, shape: { points: [[x - 5, y], [x, y - 5], [x + 5, y], [x, y + 5]] } } };
    const children = [marks[shape]];
    if (row.tau[1] !== null) {
      children.unshift({ type: "line", style: { stroke: colour, lineWidth: 1.6 },
        shape: { x1: api.coord([row.tau[1], at])[0], y1: y,
          x2: api.coord([row.tau[2], at])[0], y2: y } });
    }
    return { type: "group", children };
  };
  chart.setOption({
    ...chartBase(),
    grid: { left, right: 24, top: taking ? 26 : 6, bottom: 46 },
    tooltip: { ...chartBase().tooltip, formatter: (p) => {
      const { i, row } = points[p.dataIndex];
      return el("span", {}, `${studies[i].name}, ${row.proxy}: tau-b ${three(row.tau[0])} ${within(row.tau)} (n = ${whole(row.n)}), ${verdicts[row.verdict].text}`);
    } },
    xAxis: { ...axis, type: "value", min: Math.min(...bounds) - room,
      max: Math.max(...bounds) + room, nameLocation: "middle", nameGap: 26,
      axisLabel: { ...axis.axisLabel, showMinLabel: false, showMaxLabel: false,
        formatter: (v) => three(v).replace(/0$/, "") } },
    yAxis: { ...axisStyle(""), type: "category", data: names,
      axisLabel: { color: palette().ink, fontSize: 12.5, interval: 0,
        width: left - 14, overflow: "truncate" } },
    series: [{ type: "custom", renderItem: item, clip: true, encode: { x: 0, y: 1 },
      data: points.map(({ row, at }) => [row.tau[0], at]),
      markLine: { silent: true, symbol: "none", label: { show: false },
        lineStyle: { color: palette().muted, type: "dashed", width: 1.2 },
        data: [{ xAxis: 0 }] } }, ...keySeries(comparedKey())],
  }, true);
  element.setAttribute("aria-label",
    "Tau-b of each proxy in each study; the table above has the numbers");
}

function studyLines() {
  return [["study", ...rankingFields], ...comparedRows().flatMap((c) =>
    [...c.rows.values()].map((r) => [c.name, ...rankingLine(r)]))];
}

function studyCells() {
  const compared = comparedRows();
  return [["Proxy", ...compared.map((c) => `${c.name} (n = ${whole(c.n)})`)],
    ...comparedNames(compared).map((name) =>
      [name, ...compared.map((c) => tauText(c.rows.get(name)))])];
}

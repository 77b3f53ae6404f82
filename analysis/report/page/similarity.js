// Tau between each two proxies.

function heatItem(names, tau) {
  const count = names.length;
  return (params, api) => {
    const i = params.dataIndex % count;
    const j = Math.floor(params.dataIndex / count);
    const value = tau[j][i];
    const [width, height] = api.size([1, 1]);
    const [x, y] = api.coord([i, j]);
    const colours = palette();
    const colour = value === null ? colours.rule : divergingColour(value);
    const text = value === null ? "" : (value < 0 ? minus : "") +
      Math.abs(value).toFixed(2).replace(/^0/, "");
    const children = [{ type: "rect", style: { fill: colour },
      shape: { x: x - width / 2 + 0.5, y: y - height / 2 + 0.5,
        width: width - 1, height: height - 1 } }];
    if (width >= 25) {
      children.push({ type: "text", silent: true, style: { text, x, y,
        align: "center", verticalAlign: "middle", fontSize: width < 34 ? 9.5 : 11.5,
        fill: value === null ? colours.ink : textOn(colour) } });
    }
    return { type: "group", children };
  };
}

function drawHeat(chart) {
  const { names, tau } = data.similarity;
  const colours = palette();
  const element = chart.getDom();
  const label = Math.min(element.clientWidth * 0.3, longestName(names) + 16);
  // As wide as the page; cells of few proxies are wider than high.
  const wide = Math.max(12, (element.clientWidth - label - 10) / names.length);
  const cell = Math.min(46, wide);
  const level = longestName(names) + 8 <= wide;
  const side = cell * names.length;
  element.style.height = `${side + (level ? 26 : label) + 8}px`;
  chart.resize();
  const axis = { ...axisStyle(""), type: "category", data: names,
    splitLine: { show: false },
    axisLabel: { color: colours.ink, fontSize: wide < 17 ? 10 : 12.5, interval: 0,
      width: label - 12, overflow: "truncate" } };
  chart.setOption({
    ...chartBase(),
    grid: { left: label, top: 4, width: wide * names.length, height: side },
    tooltip: { ...chartBase().tooltip, formatter: (p) => {
      const i = p.dataIndex % names.length;
      const j = Math.floor(p.dataIndex / names.length);
      return el("span", {}, `${names[j]} and ${names[i]}: tau-b ${three(tau[j][i])}`);
    } },
    xAxis: { ...axis, axisLabel: level ? { ...axis.axisLabel, width: wide - 4 }
      : { ...axis.axisLabel, rotate: 90 } },
    yAxis: { ...axis, inverse: true },
    series: [{ type: "custom", renderItem: heatItem(names, tau),
      encode: { x: 0, y: 1 },
      data: names.flatMap((_, j) => names.map((__, i) => [i, j])) }],
  }, true);
  element.setAttribute("aria-label",
    "Heat map of tau-b between proxies; the table below has the numbers");
  const stops = [-1, -0.5, 0, 0.5, 1].map(divergingColour).join(",");
  byId("heat-key").replaceChildren(`${minus}1 (opposite)`,
    el("i", { class: "bar", style: `background:linear-gradient(90deg,${stops})` }),
    "1 (the same order)");
}

function heatLines() {
  const { names, tau } = data.similarity;
  return [["proxy", ...names], ...names.map((name, j) => [name, ...tau[j]])];
}

function heatCells() {
  const { names, tau } = data.similarity;
  return [["Proxy", ...names], ...names.map((name, j) => [name, ...tau[j].map(three)])];
}

function drawHeatTable() {
  const { names, tau } = data.similarity;
  const head = el("tr", {}, el("th", { scope: "col" }, "Proxy"),
    ...names.map((name) => el("th", { scope: "col" }, name)));
  const lines = names.map((name, j) => el("tr", {},
    el("th", { scope: "row" }, name), ...tau[j].map(plain)));
  byId("heat-table").replaceChildren(el("table", {}, el("thead", {}, head),
    el("tbody", {}, ...lines)));
}

function showPair(params) {
  const { names } = data.similarity;
  state.x = proxyColumns.find((c) => c.name === names[params.dataIndex % names.length]);
  state.y = proxyColumns.find((c) =>
    c.name === names[Math.floor(params.dataIndex / names.length)]);
  dropBrush();
  tell("view");
  showScatter();
}

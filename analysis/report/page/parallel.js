// Parallel coordinates: an axis a proxy, a line an architecture, all by rank.

/** The proxies that have an axis. */
let parallelChosen = [];

const mostLines = 900;

/** Axes from left to right: the metric, then proxies that rank alike side by
    side. */
function parallelColumns() {
  const names = data.similarity.names.filter((name) => parallelChosen.includes(name));
  return [metricColumns[state.metric], ...names.map((name) =>
    proxyColumns.find((column) => column.name === name))];
}

function chooseAxes() {
  const most = narrow.matches ? 4 : 7;
  const ranked = curveNames().filter((name) => name !== study.baseline);
  const first = baselineColumn ? [study.baseline] : [];
  parallelChosen = [...first, ...ranked].slice(0, most);
}

/** What is drawn: the selection, evenly over the metric where it is large. */
function parallelRows() {
  const metric = metricColumns[state.metric];
  const rows = Array.from(selected.rows).filter((row) =>
    metric.values[row] === metric.values[row]);
  rows.sort((a, b) => metric.values[a] - metric.values[b]);
  if (rows.length <= mostLines) return rows;
  return Array.from({ length: mostLines }, (_, i) =>
    rows[Math.round((i / (mostLines - 1)) * (rows.length - 1))]);
}

function parallelItem(shown, rows, style) {
  return (params, api) => {
    const row = rows[params.dataIndex];
    // A missing score breaks the line.
    const pieces = [[]];
    shown.forEach((column, i) => {
      const rank = column.ranks[row];
      if (rank === rank) pieces[pieces.length - 1].push(api.coord([i, rank]));
      else pieces.push([]);
    });
    return { type: "group", children: pieces.filter((p) => p.length > 1).map((points) =>
      ({ type: "polyline", shape: { points }, style: { fill: "none", ...style(row) } })) };
  };
}

function drawParallel(chart) {
  const shown = parallelColumns();
  const rows = parallelRows();
  const colours = palette();
  const metric = metricColumns[state.metric];
  const classes = colourClasses(metric);
  const opacity = Math.max(0.16, Math.min(0.8, 12 / Math.sqrt(Math.max(1, rows.length)) / 2));
  const width = chart.getDom().clientWidth;
  const room = (width - 100) / Math.max(1, shown.length - 1);
  const slanted = longestName(shown.map((c) => c.label)) > room - 8;
  const axis = axisStyle("");
  const series = (list, z, style) => ({ type: "custom", silent: true, z,
    data: list.map(() => [0, 0]), encode: { x: 0, y: 1 }, clip: false,
    renderItem: parallelItem(shown, list, style) });
  chart.setOption({
    ...chartBase(),
    tooltip: { show: false },
    grid: { left: 62, right: 46, top: (slanted ? 96 : 34) + (taking ? 22 : 0), bottom: 14 },
    xAxis: { ...axis, type: "category", boundaryGap: false, position: "top",
      data: shown.map((c) => c.label),
      axisLabel: { color: colours.ink, fontSize: 12.5, interval: 0,
        rotate: slanted ? 40 : 0, width: slanted ? 110 : Math.max(40, room - 8),
        overflow: "truncate" },
      splitLine: { show: true, showMinLine: true, showMaxLine: true,
        lineStyle: { color: colours.muted } } },
    yAxis: { ...axis, type: "value", min: 0, max: 1, interval: 0.25,
      splitLine: { show: false }, name: "rank", nameLocation: "middle", nameGap: 44,
      axisLabel: { ...axis.axisLabel, formatter: (v) => `${Math.round(100 * v)} %` } },
    series: [
      series(rows, 2, (row) => ({ stroke: classes.colours[classes.of(row)],
        lineWidth: 1, opacity })),
      series(state.pins, 5, (row) => ({ stroke: pinColour(row), lineWidth: 3 })),
      ...keySeries(parallelKey())],
  }, true);
  chart.getDom().setAttribute("aria-label",
    `Parallel coordinates by rank of ${shown.map((c) => c.label).join(", ")}`);
}

function parallelKey() {
  const classes = colourClasses(metricColumns[state.metric]);
  return classes.names.slice(0, -1).map((text, i) => ({ text, line: true,
    colour: classes.colours[i] }));
}

function drawParallelChips() {
  byId("parallel-chips").replaceChildren(...data.similarity.names.map((name, i) =>
    el("button", { type: "button", "aria-pressed": String(parallelChosen.includes(name)),
      onclick: () => {
        const at = parallelChosen.indexOf(name);
        if (at >= 0) parallelChosen.splice(at, 1);
        else parallelChosen.push(name);
        drawParallelChips();
        drawParallelText();
        redraw("parallel");
        addressLater();
        byId("parallel-chips").querySelectorAll("button")[i]?.focus();
      } }, name)));
}

function drawParallelText() {
  const shown = parallelRows().length;
  const all = selected.rows.length;
  drawKey("parallel-key", `${metricName()}:`, parallelKey());
  const part = shown < all
    ? ` ${whole(shown)} of ${whole(all)} lines are drawn, evenly over ${metricName()}.` : "";
  byId("parallel-read").textContent =
    `A line is an architecture. Its height on an axis is its rank there (100 %: the greatest value), its colour the true ${metricName()}. Between two proxies that say the same, lines run level; between those that disagree, they cross.${part}`;
}

function parallelLines() {
  const shown = parallelColumns();
  return [["arch", ...shown.map((c) => c.label)], ...Array.from(selected.rows, (row) =>
    [specs[row], ...shown.map((c) => c.values[row])])];
}

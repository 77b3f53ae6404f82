// A metric against a cost: the truly best for each cost, and what the proxy of
// the scatter plot would choose.

function chosenProxy() {
  if (state.x && state.x.score) return state.x;
  return baselineColumn ?? proxyColumns[0];
}

function frontSeries(x, y) {
  const metric = metricColumns[state.metric];
  const colours = palette();
  const rows = selected.rows;
  const place = (row) => [x.of(row), y.of(row)];
  const finite = ([px, py]) => Number.isFinite(px) && Number.isFinite(py);
  const truth = paretoFront(state.cost.values, metric.values, rows)
    .filter((row) => finite(place(row)));
  const chosen = paretoFront(state.cost.values, chosenProxy().values, rows)
    .filter((row) => finite(place(row)));
  return [
    { id: "front", type: "line", step: "end", z: 4, silent: true, rows: truth,
      symbol: "none", data: truth.map(place),
      lineStyle: { color: colours.ink, width: 1.8 } },
    { id: "chosen", type: "scatter", z: 5, rows: chosen, symbolSize: 10,
      itemStyle: { color: colours.series[1], borderColor: colours.panel,
        borderWidth: 1.2 }, data: chosen.map(place) },
  ];
}

function drawParetoControls() {
  const costs = [["Costs", costColumns],
    ["Others", columns.filter((c) => !costColumns.includes(c))]];
  byId("pareto-controls").replaceChildren(
    chooser("Cost", state.cost, costs, (column) => {
      state.cost = column;
      dropBrush();
      tell("view");
    }));
}

function drawParetoText() {
  const colours = palette();
  const proxy = chosenProxy().label;
  byId("pareto-key").replaceChildren(
    el("span", {}, el("i", { class: "line", style: `background:${colours.ink}` }),
      "the truly best up to a cost"),
    el("span", {}, el("i", { style: `background:${colours.series[1]}` }),
      `chosen by ${proxy} up to a cost`));
  byId("pareto-read").textContent =
    `Left is cheap, up is good: the steps are the best ${metricName()} to be had up to each cost, the large dots what one gets by choosing with ${proxy}; their distance is what the proxy costs.`;
  const metric = metricColumns[state.metric];
  let best = -1;
  let pick = -1;
  const scores = chosenProxy().values;
  for (const row of selected.rows) {
    const truth = metric.values[row];
    if (truth === truth && (best < 0 || truth > metric.values[best])) best = row;
    const usable = truth === truth && scores[row] === scores[row];
    if (usable && (pick < 0 || scores[row] > scores[pick])) pick = row;
  }
  const where = selected.active ? "In the selection" : "Over all";
  byId("pareto-readout").textContent = best < 0 || pick < 0 ? ""
    : `${where}, ${proxy} puts first ${short(metric.values[pick])}; the best is ${short(metric.values[best])}.`;
}

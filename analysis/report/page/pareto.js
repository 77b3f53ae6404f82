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
  // What is the best up to a cost stays so until something better comes.
  const edge = extentOf(x)[1];
  const steps = (rows) => [...rows.map(place),
    ...(rows.length ? [[edge, y.of(rows[rows.length - 1])]] : [])];
  const line = (id, rows, style) => ({ id, type: "line", step: "end", z: 4,
    silent: true, symbol: "none", data: steps(rows), lineStyle: style });
  return [
    line("front", truth, { color: colours.ink, width: 1.8 }),
    line("chosen-steps", chosen, { color: colours.series[1], width: 1.4 }),
    { id: "chosen", type: "scatter", z: 5, rows: chosen, symbolSize: 10,
      itemStyle: { color: colours.series[1], borderColor: colours.panel,
        borderWidth: 1.2 }, data: chosen.map(place) },
  ];
}

function paretoKey() {
  const colours = palette();
  return [{ text: "the truly best up to a cost", colour: colours.ink, line: true },
    { text: `chosen by ${chosenProxy().label} up to a cost`, colour: colours.series[1] }];
}

function paretoLines() {
  const metric = metricColumns[state.metric];
  const scores = chosenProxy();
  const best = new Set(paretoFront(state.cost.values, metric.values, selected.rows));
  const chosen = new Set(paretoFront(state.cost.values, scores.values, selected.rows));
  return [["arch", state.cost.label, metric.label, scores.label, "on_front", "chosen"],
    ...Array.from(selected.rows, (row) => [specs[row], state.cost.values[row],
      metric.values[row], scores.values[row], Number(best.has(row)),
      Number(chosen.has(row))])];
}

function drawParetoControls() {
  const costs = [["Costs", costColumns],
    ["Others", columns.filter((c) => !costColumns.includes(c))]];
  byId("pareto-controls").replaceChildren(
    el("span", { class: "joined" }, chooser("Cost", state.cost, costs, (column) => {
      state.cost = column;
      dropBrush();
      tell("view");
    }), scaleChooser("Scale of the cost", "cost")));
}

function drawParetoText() {
  const proxy = chosenProxy().label;
  drawKey("pareto-key", "", paretoKey());
  byId("pareto-read").textContent =
    `Left is cheap, up is good. The steps without dots are the best ${metricName()} to be had up to each cost, the steps with dots what one gets by choosing with ${proxy}. Their distance is what is lost by that choice.`;
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
  const answer = best < 0 || pick < 0 ? ""
    : `${where}, the architecture that ${proxy} puts first reaches ${short(metric.values[pick])}; the best is ${short(metric.values[best])}.`;
  byId("pareto-readout").replaceChildren(answer, el("span", { class: "aside" },
    state.cost ? scaleNote(scaleOf(state.cost, state.scale.cost)) : ""));
}

// Puts the page together and keeps it together.

function drawAnswer() {
  const all = data.answers[state.metric];
  // "Among" is a question of its own.
  const answer = { ...all, ...(all.among[state.subset] ?? {}) };
  byId("eyebrow").textContent = data.title;
  byId("question").textContent = data.question;
  byId("headline").textContent = answer.headline;
  byId("detail").textContent = answer.detail;
  byId("among-best").textContent = state.subset === "all" ? answer.best : "";
  byId("ceiling").textContent = ceilingText();
  byId("summary").textContent = data.summary;
  byId("notes").replaceChildren(...study.notes.map((note) =>
    el("p", { class: "note" }, note)));
}

/** How well trainings agree with each other, where the truth has several. */
function ceilingText() {
  const ceiling = ceilingOf(state.subset);
  if (!ceiling) return "";
  return `Noise ceiling: ${ceiling.runs} trainings of ${whole(ceiling.n)} architectures agree with each other by tau-b ${three(ceiling.tau[0])} ${within(ceiling.tau)}, one of them with the mean of the others by ${three(ceiling.run_tau)}. No proxy can be shown to rank better than that.`;
}

/** Everything but the charts. */
function drawTexts() {
  drawAnswer();
  drawStudies();
  drawProxyTable();
  drawForestText();
  drawChips();
  drawCurveText();
  drawScatterControls();
  drawRanges();
  drawScatterKey();
  drawParetoControls();
  drawParetoText();
  drawScatterReadout();
  drawParallelText();
  drawArchTable();
}

function drawView() {
  drawTexts();
  for (const { element, draw } of charts) if (element.id !== "heat") draw();
}

function redraw(id) {
  charts.find((c) => c.element.id === id).draw();
}

/** The charts one by one, between which the page answers. */
function drawChartsInTurn() {
  const waiting = [...charts];
  const next = () => {
    if (ended.aborted) return;
    const chart = waiting.shift();
    if (!chart) {
      document.body.dataset.ready = "yes";
      return;
    }
    chart.draw();
    setTimeout(next);
  };
  next();
}

let settling = 0;

/** While a rectangle is dragged charts and readout follow; the tables, which
    cost more, do when it rests. */
function selectionSeen() {
  showSelectionState();
  drawScatterReadout();
  drawParetoText();
  for (const view of dotViews) view.update();
  clearTimeout(settling);
  settling = setTimeout(() => {
    if (ended.aborted) return;
    updateSelectionTaus();
    drawProxyTable();
    page.first = 0;
    drawArchTable();
    drawParallelText();
    redraw("parallel");
    writeAddress();
  }, 60);
}

function pinsSeen() {
  drawPins();
  drawArchTable();
  for (const view of dotViews) view.update();
  redraw("parallel");
  addressLater();
}

function fillStudies() {
  if (studies.length < 2) return;
  for (const id of ["study-label", "studies-link", "studies"]) byId(id).hidden = false;
  const select = byId("study");
  select.append(...studies.map((s, i) => el("option", { value: i }, s.name)));
  select.value = position;
  select.addEventListener("change", () => {
    const view = new URLSearchParams({ study: studies[Number(select.value)].name,
      metric: metricName(), among: state.subset });
    setAddress(view);
    openStudy(Number(select.value), showStudy);
    byId("study").focus();
  });
}

/** Each part of the architectures with how many they are. */
function fillSubsets() {
  const subset = byId("subset");
  subset.replaceChildren(...subsets.map((name) => el("option", { value: name },
    `${subsetText(name)} (n = ${whole(subsetCount(name))})`)));
  subset.value = state.subset;
}

function fillToolbar() {
  const metric = byId("metric");
  metric.append(...study.metrics.map((name, i) => el("option", { value: i }, name)));
  metric.value = state.metric;
  metric.addEventListener("change", () => {
    const before = metricColumns[state.metric];
    dropBrush();
    state.metric = Number(metric.value);
    if (state.y === before) state.y = metricColumns[state.metric];
    chooseCurves();
    fillSubsets();
    updateSelectionTaus();
    tell("view");
  });
  fillSubsets();
  const subset = byId("subset");
  subset.addEventListener("change", () => {
    state.subset = subset.value;
    tell("view");
  });
  byId("theme").addEventListener("click", nextTheme);
  byId("clear").addEventListener("click", () => {
    for (const view of dotViews) view.dropRectangle();
    clearSelection();
  });
}

function makeCharts() {
  makeChart("forest", drawForest).on("click", (event) => {
    const row = forestRows()[event.dataIndex];
    if (row) showProxy(row.proxy);
  });
  makeChart("curve", drawCurve);
  dotViews.push(new DotView("scatter", {
    columnsOf: () => [state.x, state.y],
    scalesOf: () => [scaleOf(state.x, state.scale.x), scaleOf(state.y, state.scale.y)],
    extra: () => [],
    shown: () => [state.colour, ...metricColumns, ...costColumns.slice(0, 2)],
    key: scatterKey }));
  if (state.cost) {
    const metric = () => metricColumns[state.metric];
    dotViews.push(new DotView("pareto", {
      columnsOf: () => [state.cost, metric()],
      scalesOf: () => [scaleOf(state.cost, state.scale.cost), scaleOf(metric(), state.scale.y)],
      extra: frontSeries, shown: () => [chosenProxy()], key: paretoKey }));
  } else {
    byId("pareto").closest("figure").hidden = true;
  }
  makeChart("heat", drawHeat).on("click", showPair);
  makeChart("parallel", drawParallel);
  if (studies.length > 1) makeChart("compared", drawCompared);
}

/** What depends on light or dark, anew. */
function applyTheme() {
  setThemeColours();
  drawChips();
  drawScatterKey();
  drawParetoText();
  drawParallelText();
  if (studies.length > 1) drawComparedKey();
  for (const chart of charts) chart.draw();
  drawPins();
}

/** On paper everything is light and as wide as a sheet (A4 less its margins,
    in CSS pixels). */
function setPrinting(on) {
  printing = on;
  for (const { chart, element } of charts) {
    element.style.width = on ? "680px" : "";
    chart.resize();
  }
  applyTheme();
}

function watchWindow() {
  const signal = watchPage(setPrinting);
  narrow.addEventListener("change", drawProxyTable, signal);
  addEventListener("hashchange", () => openStudy(studyInAddress(), showStudy), signal);
}

/** The proxy that gains most, else the best other than the baseline. */
function firstProxy() {
  const tau = (r) => r.tau[0] ?? -2;
  const rows = rowsOf(metricName(), "all").sort((a, b) => tau(b) - tau(a));
  const row = rows.find((r) => r.proxy !== study.baseline) ?? rows[0];
  return proxyColumns.find((column) => column.name === row.proxy);
}

const wordsOfTheField = [
  ["proxy", "a number computed from a network that was not trained, such as synflow; a good one ranks architectures as training would"],
  ["baseline", "the simplest way to rank: count parameters, or whatever proxy was named instead"],
  ["tau-b", "Kendall's rank correlation: take two architectures and ask whether proxy and training agree on which is better; 1 if always, 0 if as often as not, \u22121 if never"],
  ["rho", "Spearman's rank correlation, of ranks as numbers"],
  ["[low, high]", "the 95 % interval: what another sample of such architectures might give"],
  ["p (Holm)", "how easily chance alone would let a proxy look better than the baseline, corrected for the number of proxies tried"],
  ["beats", "the interval of the difference to the baseline lies above zero, and p is below .05"],
];

function drawWords() {
  byId("words").replaceChildren(...wordsOfTheField.flatMap(([word, text]) =>
    [el("dt", {}, word), el("dd", {}, text)]));
}

/** The view at the start, then the one that the address asks for. */
function chooseView() {
  const asked = viewInAddress();
  readMetric(asked);
  state.x = firstProxy();
  state.y = metricColumns[state.metric];
  chooseCurves();
  chooseAxes();
  Object.assign(startView, Object.fromEntries(viewParts()));
  readColumns(asked);
  readLines(asked);
  readSelection(asked);
  computeSelection();
  updateSelectionTaus();
  state.section = byId(asked.get("at"))?.closest("main > section")?.id ?? "";
}

function start() {
  chooseView();
  setThemeColours();
  fillStudies();
  fillToolbar();
  watchLinks();
  drawFilters();
  drawWords();
  drawFacts();
  drawProtocol();
  drawMissing();
  drawMethod();
  makeCharts();
  setSavers();
  listeners.view.push(drawView, addressLater);
  listeners.selection.push(selectionSeen);
  listeners.pins.push(pinsSeen);
  drawHeatTable();
  drawParallelChips();
  byId("foot").textContent =
    `Made by ${root.program}. Charts by Apache ECharts (Apache License 2.0; notices in this file's source).`;
  drawTexts();
  drawPins();
  showSelectionState();
  drawChartsInTurn();
  watchWindow();
  if (state.section) byId(state.section).scrollIntoView({ behavior: "instant" });
}

start();

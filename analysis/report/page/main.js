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
  const ceiling = data.ceilings.find((c) =>
    c.metric === metricName() && c.subset === state.subset);
  if (!ceiling) return "";
  return `Noise ceiling: ${ceiling.runs} trainings of ${whole(ceiling.n)} architectures agree with each other by tau-b ${three(ceiling.tau[0])} ${within(ceiling.tau)}, one of them with the mean of the others by ${three(ceiling.run_tau)}. No proxy can be shown to rank better than that.`;
}

/** Everything but the charts. */
function drawTexts() {
  drawAnswer();
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
  drawArchTable();
}

function drawView() {
  drawTexts();
  for (const { element, draw } of charts) if (element.id !== "heat") draw();
}

/** The charts one by one, between which the page answers. */
function drawChartsInTurn() {
  const waiting = [...charts];
  const next = () => {
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
    updateSelectionTaus();
    drawProxyTable();
    page.first = 0;
    drawArchTable();
  }, 60);
}

function pinsSeen() {
  drawPins();
  drawArchTable();
  for (const view of dotViews) view.update();
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
    updateSelectionTaus();
    tell("view");
  });
  const subset = byId("subset");
  subset.append(...subsets.map((name) => el("option", { value: name }, subsetText(name))));
  subset.value = state.subset;
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

/** The view as the address has it, so that a link or a bookmark shows it again:
    #metric=...&among=... */
function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const metric = study.metrics.indexOf(asked.get("metric"));
  if (metric >= 0) state.metric = metric;
  if (subsets.includes(asked.get("among"))) state.subset = asked.get("among");
}

function writeAddress() {
  const view = new URLSearchParams({ metric: metricName(), among: state.subset });
  history.replaceState(null, "", `#${view}`);
}

function makeCharts() {
  makeChart("forest", drawForest).on("click", (event) => {
    const row = forestRows()[event.dataIndex];
    if (row) showProxy(row.proxy);
  });
  makeChart("curve", drawCurve);
  dotViews.push(new DotView("scatter", () => [state.x, state.y],
    () => [scaleOf(state.x, state.scale.x), scaleOf(state.y, state.scale.y)],
    () => colourClasses(state.colour), () => [],
    () => [state.colour, ...metricColumns, ...costColumns.slice(0, 2)]));
  if (state.cost) {
    dotViews.push(new DotView("pareto",
      () => [state.cost, metricColumns[state.metric]],
      () => [scaleOf(state.cost, "auto"), scaleOf(metricColumns[state.metric], state.scale.y)],
      () => colourClasses(state.colour), frontSeries, () => [chosenProxy()]));
  } else {
    byId("pareto").closest("figure").hidden = true;
  }
  makeChart("heat", drawHeat).on("click", showPair);
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
  let timer = 0;
  let width = document.querySelector("main").clientWidth;
  new ResizeObserver(([entry]) => {
    const now = entry.target.clientWidth;
    if (now === width) return;
    width = now;
    clearTimeout(timer);
    timer = setTimeout(() => {
      for (const { chart, element, draw } of charts) {
        chart.resize();
        if (element.id === "heat" || element.id === "forest") draw();
      }
    }, 60);
  }).observe(document.querySelector("main"));
  prefersDark.addEventListener("change", applyTheme);
  addEventListener("beforeprint", () => setPrinting(true));
  addEventListener("afterprint", () => setPrinting(false));
}

/** The proxy that gains most, else the best other than the baseline. */
function firstProxy() {
  const tau = (r) => r.tau[0] ?? -2;
  const rows = rowsOf(metricName(), "all").sort((a, b) => tau(b) - tau(a));
  const row = rows.find((r) => r.proxy !== study.baseline) ?? rows[0];
  return proxyColumns.find((column) => column.name === row.proxy);
}

function start() {
  readAddress();
  state.x = firstProxy();
  state.y = metricColumns[state.metric];
  state.cost ??= baselineColumn ?? null;
  computeSelection();
  chooseCurves();
  setThemeColours();
  fillToolbar();
  drawFilters();
  drawFacts();
  drawProtocol();
  drawMissing();
  drawMethod();
  makeCharts();
  listeners.view.push(drawView);
  listeners.view.push(writeAddress);
  listeners.selection.push(selectionSeen);
  listeners.pins.push(pinsSeen);
  drawHeatTable();
  byId("foot").textContent =
    `Made by ${data.program}. Charts by Apache ECharts (Apache License 2.0; notices in this file's source).`;
  drawTexts();
  drawPins();
  drawChartsInTurn();
  watchWindow();
}

start();

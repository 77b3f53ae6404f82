// Puts the page of a search together and keeps it together.

function valueText(column, row) {
  return `${column.name} ${short(column.values[row])}`;
}

function drawAnswer() {
  const objective = objectives[state.objective];
  const best = bestOf(objective, allRows);
  const several = objectives.length > 1;
  byId("eyebrow").textContent = `${data.title}, ${data.name}`;
  byId("headline").textContent = several
    ? `A front of ${whole(front.size)} among ${whole(archs.length)} architectures`
    : `The best of ${whole(archs.length)} architectures by ${objective.less ? "least " : ""}${objective.name}`;
  byId("winner").replaceChildren(...(best === null ? ["No architecture has a value."]
    : specParts(archs[best])));
  const cell = best === null ? null : drawCell(archs[best]);
  byId("winner-cell").replaceChildren(...(cell ? [cell] : []));
  byId("detail").textContent = best === null ? "" :
    `${several ? `The best by ${objective.name}: ` : ""}${columns.filter((c) => c.kind !== "metric").map((c) => valueText(c, best)).join(", ")}; query ${whole(data.steps[best])} of ${whole(data.queries)}.`;
  const metric = data.regret && columns.find((c) => c.name === data.regret.metric);
  byId("truth").textContent = metric && best !== null
    ? `By the truth it has ${valueText(metric, best)}. The best that this search could find has ${short(data.regret.optimum)}.`
    : "";
  byId("facts").replaceChildren(...[["evaluated", whole(archs.length)],
    ["queries", whole(data.queries)], ["algorithm", data.name], ...data.facts]
    .map(([name, text]) => el("div", {}, el("dt", {}, name), el("dd", {}, text))));
  byId("notes").replaceChildren(...data.notes.map((note) => el("p", { class: "note" }, note)));
}

/** A sentence about values that the axes leave out. */
function beyond(shown) {
  const texts = [...new Set(shown)].map((column) => [leftOut(column), column.name])
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${whole(count)} of ${name}`);
  return texts.length === 0 ? "" : ` Values that lie far from all others are left out of the picture: ${texts.join(", ")}.`;
}

function drawCaptions() {
  const objective = objectives[state.objective];
  byId("trace-title").textContent = `${objective.name} of what was evaluated`;
  byId("trace-read").textContent =
    `A dot is an architecture${objective.less ? "; less is better" : ""}. Values of a composite are ranks among all that was evaluated.${beyond([objective])}`;
  drawKeyOf("trace", traceKey());
  if (data.regret) {
    byId("regret-title").textContent = `${data.regret.metric} of the chosen architecture`;
    byId("regret-read").textContent = data.regret.note;
    drawKeyOf("regret", regretKey());
  }
  if (columns.length > 1) {
    byId("front-read").textContent = (objectives.length > 1
      ? "On the front is what nothing else beats in every objective."
      : "The columns of the budget and of the truth can be chosen as well as the objective.") +
      beyond([state.across, state.up]);
    drawKeyOf("tradeoff", tradeoffKey());
  }
}

function drawFrontControls() {
  const choose = (text, name) => {
    const select = el("select", { "aria-label": text, onchange: () => {
      state[name] = columns[Number(select.value)];
      drawCaptions();
      redraw("tradeoff");
    } }, ...columns.map((column) => el("option",
      { value: column.position, selected: column === state[name] }, column.name)));
    return el("label", {}, `${text} `, select);
  };
  byId("front-controls").replaceChildren(choose("Across", "across"), choose("Up", "up"));
}

function redraw(id) {
  charts.find((chart) => chart.element.id === id)?.draw();
}

function drawAll() {
  drawAnswer();
  drawCaptions();
  drawParts();
  drawNext();
  drawArchs();
  for (const chart of charts) chart.draw();
}

function wishesSeen() {
  if (wishes.size === 0) state.only = false;
  byId("copied").textContent = "";
  writeView();
  drawCaptions();
  drawParts();
  drawNext();
  drawArchs();
  for (const chart of charts) chart.draw();
}

/** What depends on light or dark, anew. */
function applyTheme() {
  setThemeColours();
  drawAll();
}

function fillBar() {
  if (studies.length > 1) {
    byId("study-label").hidden = false;
    const select = byId("study");
    select.append(...studies.map((s, i) => el("option", { value: i }, s.name)));
    select.value = position;
    select.addEventListener("change", () => {
      setAddress(new URLSearchParams({ study: studies[Number(select.value)].name }));
      openStudy(Number(select.value), showStudy);
      byId("study").focus();
    });
  }
  if (objectives.length > 1) {
    byId("objective-label").hidden = false;
    const select = byId("objective");
    select.append(...objectives.map((o, i) => el("option", { value: i }, o.name)));
    select.value = state.objective;
    select.addEventListener("change", () => {
      state.objective = Number(select.value);
      writeView();
      drawAll();
    });
  }
  byId("theme").addEventListener("click", nextTheme);
  byId("copy").addEventListener("click", copyCommand);
  byId("clear").addEventListener("click", () => {
    wishes.clear();
    wishesSeen();
    byId("theme").focus();
  });
}

function setSearchSavers() {
  const objective = () => objectives[state.objective].name;
  figureSaver("trace", "the course of the search", () => ["search", objective()],
    () => archLines(allRows));
  if (data.regret) {
    figureSaver("regret", "the regret", () => ["regret", data.regret.metric],
      () => [["curve", "queries", "mean", "low", "high"], ...data.regret.curves.flatMap((c) =>
        c.queries.map((queries, i) => [c.name, queries, c.mean[i], c.low[i], c.high[i]]))]);
  }
  if (columns.length > 1) {
    figureSaver("tradeoff", "the trade-off",
      () => ["search", state.up.name, state.across.name], () => archLines(allRows));
  }
  if (data.places.length > 0) {
    tableSaver("parts-table", "the table of operations", () => ["operations", objective()],
      partCells, partLines, () => `effects of operations on the rank by ${objective()}`);
  }
  tableSaver("arch-table", "the table of architectures", () => ["architectures"],
    () => tableCells(archHeads(), sortedRows(archHeads(), archRows(), archOrder).slice(0, 100),
      archOrder),
    () => archLines(archRows()),
    () => `the first of ${whole(archRows().length)} architectures`);
}

function start() {
  const asked = viewInAddress().get("objective");
  state.objective = Math.max(0, objectives.findIndex((o) => o.name === asked));
  state.up = columns[0];
  state.across = columns[1] ?? columns[0];
  setThemeColours();
  readWishes();
  fillBar();
  byId("regret-figure").hidden = !data.regret;
  byId("course").querySelector(".pair").classList.toggle("pair", Boolean(data.regret));
  for (const id of ["front", "front-link"]) byId(id).hidden = columns.length < 2;
  makeChart("trace", drawTrace);
  if (data.regret) makeChart("regret", drawRegret);
  if (columns.length > 1) {
    drawFrontControls();
    makeChart("tradeoff", drawTradeoff);
  }
  drawAll();
  setSearchSavers();
  byId("foot").textContent =
    `Made by ${root.program}. Charts by Apache ECharts (Apache License 2.0; notices in this file's source).`;
  watchPage((on) => {
    printing = on;
    applyTheme();
  });
  document.body.dataset.ready = "yes";
}

start();

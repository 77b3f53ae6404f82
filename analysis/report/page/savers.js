// What each figure and table of the page is as a file.

const rankingFields = ["proxy", "metric", "subset", "n", "missing", "kendall_tau",
  "kendall_tau_low", "kendall_tau_high", "spearman_rho", "spearman_rho_low",
  "spearman_rho_high", "weighted_tau", "partial_tau", "tau_minus_baseline",
  "tau_minus_baseline_low", "tau_minus_baseline_high", "p_beats_baseline_holm",
  "verdict"];

/** Named as zcp correlate --json names them. */
function rankingLine(r) {
  return [r.proxy, r.metric, r.subset, r.n, r.missing, ...r.tau, ...r.rho,
    r.weighted_tau, r.partial_tau, ...r.difference, r.p, r.verdict];
}

function setSavers() {
  const view = () => [metricName(), state.subset];
  const rows = () => rowsOf(metricName(), state.subset);
  const ranking = () => [rankingFields, ...rows().map(rankingLine)];
  const about = () => `${metricName()}, ${subsetText(state.subset)}`;
  tableSaver("proxy-table", "the table of proxies", () => ["proxies", ...view()],
    () => tableCells(proxyHeads(rows()), rows(), proxyOrder), ranking, about);
  figureSaver("forest", "the forest plot", () => ["difference", ...view()], ranking);
  figureSaver("curve", "the plot of the best", () => ["top", metricName()], curveLines);
  tableSaver("curve-table", "the table of the best", () => ["top", metricName()],
    curveCells, curveLines, () => `tau-b among the best by ${metricName()}`);
  figureSaver("scatter", "the scatter plot",
    () => ["scatter", state.y.label, state.x.label], scatterLines);
  if (state.cost) {
    figureSaver("pareto", "the plot of costs",
      () => ["pareto", metricName(), state.cost.label], paretoLines);
  }
  tableSaver("arch-table", "the selected architectures", () => ["architectures"],
    () => tableCells(archHeads(), archRows().slice(0, 100), archOrder),
    () => [["arch", ...columns.map((c) => c.label)], ...archRows().map((row) =>
      [specs[row], ...columns.map((c) => c.values[row])])],
    () => `the first of ${whole(selected.rows.length)} architectures`);
  figureSaver("heat", "the heat map", () => ["similarity"], heatLines);
  tableSaver("heat-table", "tau-b between proxies", () => ["similarity"],
    heatCells, heatLines, () => "tau-b between proxies");
  figureSaver("parallel", "the parallel coordinates", () => ["parallel", metricName()],
    parallelLines);
  if (studies.length > 1) {
    tableSaver("studies-table", "the table of studies", () => ["studies", ...view()],
      studyCells, studyLines, about);
    figureSaver("compared", "the plot of studies", () => ["studies", ...view()],
      studyLines);
  }
}

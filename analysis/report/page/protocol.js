// Where scores come from, what is missing and why, how numbers were made.

function listOf(entries) {
  return el("table", { class: "list" }, el("tbody", {}, ...entries.map(
    ([name, value]) => el("tr", {}, el("th", { scope: "row" }, name),
      el("td", {}, value)))));
}

function drawProtocol() {
  const { origin } = data;
  const target = byId("protocol-list");
  if (origin.described) {
    target.replaceChildren(el("p", {}, "The scores came with the program, which says of them:"),
      el("p", {}, `${origin.described}.`));
    return;
  }
  if (!origin.store) {
    target.replaceChildren(el("p", {},
      `The scores come from a table, ${origin.source}. A table names no protocol: which data, batch size, initialiser and seed made them is not known here. Scores read from a store (zcp score --store) bring it along.`));
    return;
  }
  const runs = origin.runs.map((run) => [`run, zcp ${run.version}`,
    `${run.command} \u2014 ${whole(run.scores)} scores, ${run.started} to ${run.ended}, ${run.cpu}, LibTorch ${run.libtorch}, ${run.blas}`]);
  target.replaceChildren(el("p", {}, `From the store ${origin.source}.`),
    listOf([...Object.entries(origin.protocol)
      .map(([field, value]) => [field.replaceAll("_", " "), value]), ...runs]));
}

function drawMissing() {
  const rule = study.missing === "last"
    ? "An architecture without a score ranks below all others, tied with its like."
    : "An architecture without a score is left out of that proxy's statistics.";
  const entries = proxyColumns.filter((column) => column.missing > 0)
    .map((column) => [column.name, `${whole(column.missing)} of ${whole(count)}`]);
  const target = byId("missing-list");
  target.replaceChildren(el("p", {}, rule), entries.length > 0 ? listOf(entries)
    : el("p", {}, "No score is missing."));
  const { reasons, store } = data.origin;
  if (reasons.length > 0) {
    target.append(el("p", {}, "Reasons, as the store has them for all its architectures:"),
      listOf(reasons.map((r) => [r.proxy, `${whole(r.count)} ${r.status}: ${r.reason}`])));
  }
  if (entries.length > 0) {
    target.append(el("p", {}, store
      ? "A score that is missing without a reason was not computed."
      : "A table keeps no reasons; a store does."));
  }
}

function drawMethod() {
  const intervals = study.draws > 0
    ? `${study.interval}, ${whole(study.draws)} draws of architectures, the same for every proxy, seed ${study.seed}`
    : "none drawn";
  byId("method-list").replaceChildren(listOf([
    ["truth", data.truth],
    ["population", `${study.population}: ${whole(study.members)} architectures`],
    ["joined", `${whole(study.joined)} architectures; ${whole(study.scores_only)} of the scores without truth, ${whole(study.truth_only)} of the truth without scores`],
    ["intervals", intervals],
    ["beats", `the interval of the difference of tau-b to ${study.baseline} lies above zero, and its one-sided p is below .05 after Holm's correction over the proxies of that metric and subset`],
    ["trails", "the interval lies below zero"],
    ["scope", "intervals say what another sample of architectures might give, not what another seed, batch or training run might"],
    ["selections", "tau-b within a selection is counted on this page, without interval"],
  ]));
}

/** As the headline counts them: the baseline is not one of them. */
function proxiesText() {
  const names = new Set(data.rows.map((r) => r.proxy));
  const baseline = names.delete(study.baseline);
  return whole(names.size) + (baseline ? ` and ${study.baseline}` : "");
}

function drawFacts() {
  const missing = proxyColumns.filter((c) => c.missing > 0).length;
  const { origin } = data;
  const task = origin.protocol.task;
  const entries = [
    ["Architectures", whole(count)],
    ["Proxies", proxiesText()],
    ["Population", study.population],
    ["Missing scores", missing === 0 ? "none" : `${missing} proxies, ${study.missing === "last" ? "ranked last" : "left out"}`],
    ["Intervals", study.draws > 0 ? `95 % ${study.interval}, ${whole(study.draws)} draws` : "none"],
    ["Protocol", origin.store
      ? `${task}, batch ${origin.protocol.batch_size}, seed ${origin.protocol.seed}`
      : origin.described ? "shipped sweep, see below" : "not known (a table)"],
  ];
  byId("facts").replaceChildren(...entries.map(([name, value]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

// What each operation does, and all that was evaluated.

function signed(value) {
  if (value === null) return three(null);
  const text = Math.abs(value).toFixed(1);
  if (text === "0.0") return text;
  return `${value < 0 ? minus : "+"}${text}`;
}

/** The largest number among effects and the ends of their intervals. */
function largestEffect() {
  return Math.max(1, ...data.places.flatMap((p) => p.options.flatMap((o) =>
    o.effects[state.objective].slice(0, 3).map((v) => Math.abs(v ?? 0)))));
}

/** An effect with its interval, as a bar; `most` reaches its edge. */
function effectBar([value, low, high], most) {
  const colours = palette();
  const x = (v) => 60 + 58 * v / most;
  const svg = svgEl("svg", { width: 120, height: 16, viewBox: "0 0 120 16",
    role: "img", "aria-label": `effect ${signed(value)}`, class: "effect" });
  svg.append(svgEl("line", { x1: 60, x2: 60, y1: 0, y2: 16, stroke: colours.grey }));
  if (value === null) return svg;
  const certain = low !== null && (low > 0 || high < 0);
  svg.append(svgEl("rect", { x: Math.min(60, x(value)), y: 4, height: 8,
    width: Math.abs(x(value) - 60),
    fill: certain ? (value > 0 ? colours.accent : colours.rival) : colours.grey }));
  if (low !== null) {
    svg.append(svgEl("line", { x1: x(low), x2: x(high), y1: 8, y2: 8, stroke: colours.ink, "stroke-width": 1.2 }));
  }
  return svg;
}

function effectText([value, low, high]) {
  return low === null ? "" : `[${signed(low)}, ${signed(high)}]`;
}

function wishButtons(place, name) {
  const part = partText(place, name);
  const offered = data.takes_preference ? kinds : ["fix", "forbid"];
  return el("td", { class: "wish" }, ...offered.map((kind) => el("button", {
    type: "button", "aria-pressed": String(wishes.get(part) === kind),
    "aria-label": `${words[kind]} ${name} ${placeText(place)}`,
    onclick: (event) => {
      toggleWish(place, name, kind);
      const again = [...byId("parts-table").querySelectorAll("button")].find((b) =>
        b.getAttribute("aria-label") === event.target.getAttribute("aria-label"));
      again?.focus();
    } }, words[kind])));
}

function shareText(share) {
  if (share === null || share === undefined) return "";
  return share <= 0 ? ": decides no more of the ranks than chance"
    : `: decides ${Math.round(100 * share)} % of the variance of the ranks`;
}

/** The places that decide most first, those of no place last. */
function orderedPlaces() {
  const share = (p) => p.place === 0 ? -9 : p.shares[state.objective] ?? -2;
  return [...data.places].sort((a, b) => share(b) - share(a));
}

function drawParts() {
  const has = data.places.length > 0;
  for (const id of ["parts", "parts-link"]) byId(id).hidden = !has;
  if (!has) return;
  const objective = objectives[state.objective];
  byId("parts-read").textContent =
    `The effect of an operation is the mean rank by ${objective.name} of the evaluated architectures that have it, less the mean rank of those that do not, in percent of all ranks. +20 means that they stand a fifth of the field higher. Where both groups have 10 or more, it has a 95 % interval. A search looks where it hopes to find something, so its architectures are no random sample: take effects as hints. Only those of random search are a random sample.`;
  const head = el("thead", {}, el("tr", {},
    ...["Operation", "Architectures", "Effect on the rank", "Interval", "Wish"]
      .map((text) => el("th", { scope: "col" }, text))));
  const most = largestEffect();
  const groups = orderedPlaces().map(({ place, shares, options }) => el("tbody", {},
    el("tr", { class: "group" }, el("th", { scope: "rowgroup", colspan: 5 },
      el("span", {}, `${placeText(place).replace(/^./, (c) => c.toUpperCase())}${shareText(shares[state.objective])}`))),
    ...options.map(({ name, effects }) => {
      const effect = effects[state.objective];
      const kind = wishes.get(partText(place, name));
      return el("tr", { class: kind ? `wished ${kind}` : null },
        el("th", { scope: "row" }, name),
        el("td", {}, whole(effect[3])),
        el("td", { class: "bar-cell" }, effectBar(effect, most), ` ${signed(effect[0])}`),
        el("td", { class: "within" }, effectText(effect)),
        wishButtons(place, name));
    })));
  byId("parts-table").replaceChildren(head, ...groups);
}

function partLines() {
  return [["place", "operation", "objective", "with", "without", "effect", "low", "high"],
    ...data.places.flatMap(({ place, options }) => options.flatMap(({ name, effects }) =>
      effects.map(([value, low, high, having, without], o) =>
        [place === 0 ? "any" : place, name, objectives[o].name, having, without,
          value, low, high])))];
}

function partCells() {
  return [["Place", "Operation", "Architectures", "Effect", "Interval"],
    ...data.places.flatMap(({ place, options }) => options.map(({ name, effects }) => {
      const effect = effects[state.objective];
      return [place === 0 ? "any" : String(place), name, whole(effect[3]),
        signed(effect[0]), effectText(effect)];
    }))];
}

const archOrder = { by: objectives[0].name, down: !objectives[0].less };
const pageOf = { first: 0, size: 20 };

function archHeads() {
  const heads = [{ title: "Architecture", left: true, key: (row) => archs[row],
    cell: (row) => el("td", { class: "spec" }, ...specParts(archs[row])) },
  ...columns.map((column) => ({ title: column.name, numeric: !column.less,
    key: (row) => column.values[row],
    cell: (row) => el("td", {}, short(column.values[row])) })),
  { title: "Step", key: (row) => data.steps[row],
    cell: (row) => el("td", {}, whole(data.steps[row])) },
  { title: "Front", numeric: true, hint: "whether nothing is better in every objective",
    key: (row) => (front.has(row) ? 1 : 0),
    cell: (row) => el("td", {}, front.has(row) ? "yes" : "no") }];
  if (data.islands.length > 0) {
    heads.push({ title: "Island", key: (row) => data.islands[row],
      cell: (row) => el("td", {}, String(data.islands[row])) });
  }
  return heads;
}

function archRows() {
  return state.only ? allRows.filter(isWished) : allRows;
}

function drawArchs() {
  const rows = archRows();
  pageOf.first = Math.max(0, Math.min(pageOf.first, rows.length - 1));
  pageOf.first -= pageOf.first % pageOf.size;
  sortableTable(byId("arch-table"), archHeads(), rows, archOrder, {
    redraw: () => { pageOf.first = 0; drawArchs(); },
    first: pageOf.first, size: pageOf.size });
  const last = Math.min(pageOf.first + pageOf.size, rows.length);
  const step = (title, by, possible) => el("button", { type: "button", disabled: !possible,
    onclick: () => { pageOf.first += by; drawArchs(); } }, title);
  const only = el("button", { type: "button", "aria-pressed": String(state.only),
    disabled: wishes.size === 0,
    onclick: () => { state.only = !state.only; pageOf.first = 0; drawArchs(); } },
  "Only those that meet the wishes");
  byId("arch-controls").replaceChildren(only,
    step("Previous", -pageOf.size, pageOf.first > 0),
    step("Next", pageOf.size, last < rows.length),
    el("span", { id: "arch-count", class: "aside" },
      rows.length === 0 ? "none" : `${whole(pageOf.first + 1)}\u2013${whole(last)} of ${whole(rows.length)}`));
}

function archLines(rows) {
  return [["arch", ...columns.map((c) => c.name), "step", "on_front"], ...rows.map((row) =>
    [archs[row], ...columns.map((c) => c.values[row]), data.steps[row],
      front.has(row) ? 1 : 0])];
}

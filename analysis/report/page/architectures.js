// The table of selected architectures, and those pinned side by side.

const archOrder = { by: null, down: true };
const page = { first: 0, size: 12 };

function archColumns() {
  const wanted = [metricColumns[state.metric], state.x, state.y, state.colour,
    state.cost, ...metricColumns];
  return [...new Set(wanted.filter((column) => column))];
}

function archHeads() {
  return [
    { title: "Architecture", key: (row) => specs[row], numeric: false,
      cell: (row) => {
        const pinned = state.pins.includes(row);
        return el("td", { class: "spec" }, el("button", { type: "button",
          class: "linklike spec", "aria-pressed": String(pinned),
          title: pinned ? "Unpin" : "Pin", onclick: () => togglePin(row) },
        pinned ? `${pinName(row)} \u25c6 ` : "", ...specParts(specs[row])));
      } },
    ...archColumns().map((column) => ({ title: column.label, numeric: true,
      key: (row) => column.values[row],
      cell: (row) => el("td", {}, short(column.values[row])) })),
  ];
}

function drawArchTable() {
  const heads = archHeads();
  const rows = Array.from(selected.rows);
  if (!heads.some((h) => h.title === archOrder.by)) {
    Object.assign(archOrder, { by: heads[1].title, down: true });
  }
  if (page.first >= rows.length) page.first = 0;
  sortableTable(byId("arch-table"), heads, rows, archOrder, {
    redraw: () => {
      page.first = 0;
      drawArchTable();
    },
    first: page.first, size: page.size,
  });
  drawPager(rows.length);
}

/** The selected architectures in the table's order. */
function archRows() {
  return sortedRows(archHeads(), Array.from(selected.rows), archOrder);
}

function drawPager(size) {
  const go = (step) => () => {
    page.first = Math.max(0, page.first + step);
    drawArchTable();
    byId(step < 0 ? "page-back" : "page-on")?.focus();
  };
  const last = Math.min(size, page.first + page.size);
  const text = size === 0 ? "No architecture is selected."
    : `${whole(page.first + 1)}\u2013${whole(last)} of ${whole(size)}`;
  byId("arch-controls").replaceChildren(
    el("button", { type: "button", id: "page-back", disabled: page.first === 0,
      onclick: go(-page.size) }, "Previous"),
    el("button", { type: "button", id: "page-on", disabled: last >= size,
      onclick: go(page.size) }, "Next"),
    el("span", { id: "arch-count", role: "status" }, text));
}

function pinHead(row) {
  return el("th", { scope: "col" },
    el("span", { class: "pin-name" }, el("i", { style: `color:${pinColour(row)}` }),
      pinName(row), el("button", { type: "button",
        "aria-label": `Unpin ${specs[row]}`, onclick: () => togglePin(row) },
      "\u00d7")),
    drawCell(specs[row]) ?? "", el("div", { class: "spec" }, ...specParts(specs[row])));
}

function pinValue(column, row) {
  const rank = column.ranks[row];
  const place = rank === rank
    ? `top ${Math.max(0.1, 100 * (1 - rank)).toFixed(1)} %` : "";
  return el("td", {}, short(column.values[row]),
    el("span", { class: "within" }, place));
}

/** One table: a column an architecture, a line a number. */
function drawPins() {
  const pins = byId("pins");
  if (state.pins.length === 0) {
    pins.replaceChildren(el("p", { class: "read" },
      "Click a dot or a spec to set architectures side by side."));
    return;
  }
  const shown = [...new Set([...metricColumns, ...costColumns, ...proxyColumns])];
  const head = el("tr", {}, el("th", { scope: "col" }, "Column"), ...state.pins.map(pinHead));
  const lines = shown.map((column) => el("tr", {},
    el("th", { scope: "row" }, column.label),
    ...state.pins.map((row) => pinValue(column, row))));
  pins.replaceChildren(el("table", {}, el("thead", {}, head),
    el("tbody", {}, ...lines)));
}

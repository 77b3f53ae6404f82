// Elements and numbers as text. Names from files go in as text, never as HTML.

function byId(id) {
  return document.getElementById(id);
}

/** el("td", {class: "x", onclick: f}, "text", child, ...) */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function svgEl(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function whole(value) {
  return value.toLocaleString("en");
}

const minus = "\u2212";

/** "0.612", "−0.036", an en dash where there is no number. */
function three(value) {
  if (value === null || value !== value) return "\u2013";
  const text = Math.abs(value).toFixed(3);
  return value < 0 && text !== "0.000" ? minus + text : text;
}

function within(interval) {
  const [, low, high] = interval;
  return low === null ? "" : `[${three(low)}, ${three(high)}]`;
}

function pText(p) {
  if (p === null) return "\u2013";
  return p < 0.001 ? "< .001" : p.toFixed(3);
}

/** Four digits that matter, large numbers with k, M, G. */
function short(value) {
  if (value !== value) return "\u2013";
  const size = Math.abs(value);
  const sign = value < 0 ? minus : "";
  if (size === 0) return "0";
  if (size >= 1e12 || size < 1e-3) return sign + size.toExponential(2);
  if (size >= 1e9) return `${sign}${Number((size / 1e9).toPrecision(4))}G`;
  if (size >= 1e6) return `${sign}${Number((size / 1e6).toPrecision(4))}M`;
  if (size >= 1e4) return `${sign}${Number((size / 1e3).toPrecision(4))}k`;
  return sign + Number(size.toPrecision(5));
}

function subsetText(subset) {
  if (!subset.startsWith("top ")) return subset;
  return `best ${Number((100 * subset.slice(4)).toPrecision(4))} %`;
}

/** <option>s for columns, by kind. */
function columnOptions(chosen, groups) {
  return groups.filter(([, list]) => list.length > 0).map(([title, list]) =>
    el("optgroup", { label: title }, ...list.map((column) =>
      el("option",
        { value: column.position, selected: column === chosen },
        column.label))));
}

function chooser(text, chosen, groups, change) {
  const select = el("select", {
    "aria-label": text,
    onchange: () => change(columns[Number(select.value)] ?? null),
  }, ...columnOptions(chosen, groups));
  return el("label", {}, `${text} `, select);
}

/** The rows of a table by one of its columns; those without a number last. */
function sortedRows(heads, rows, state) {
  const head = heads.find((h) => h.title === state.by) ?? heads[0];
  const direction = state.down ? -1 : 1;
  const known = (key) => key !== null && key === key && key !== undefined;
  const sorted = rows.map((row, i) => [head.key(row), i, row]);
  sorted.sort(([a, i], [b, j]) => {
    if (known(a) !== known(b)) return known(a) ? -1 : 1;
    if (!known(a)) return i - j;
    if (a < b) return -direction;
    return a > b ? direction : i - j;
  });
  return sorted.map(([, , row]) => row);
}

/** The texts of a table with its header, as papers take them. */
function tableCells(heads, rows, state) {
  return [heads.map((h) => h.title), ...sortedRows(heads, rows, state).map((row) =>
    heads.map((h) => [...h.cell(row).childNodes].map((n) => n.textContent)
      .filter((text) => text !== "").join(" ").replace(/^[\u25cf\u25cb\u25bc] /, "")))];
}

/** A table sorted by the buttons in its head: columns are {title, key, cell,
    numeric, hint}. `state` keeps {by, down}, by the title, from one drawing to
    the next. */
function sortableTable(table, heads, rows, state, options) {
  const sorted = sortedRows(heads, rows, state);
  const sort = (head) => {
    state.down = state.by === head.title ? !state.down : head.numeric;
    state.by = head.title;
    options.redraw();
    [...table.querySelectorAll("thead button")].find((b) =>
      b.textContent === head.title)?.focus();
  };
  const top = el("tr", {}, ...heads.map((h) => el("th", {
    scope: "col",
    class: h.left && "mark",
    title: h.hint,
    "aria-sort": state.by === h.title && (state.down ? "descending" : "ascending"),
  }, el("button", { type: "button", onclick: () => sort(h) }, ...nameParts(h.title)))));
  const first = options.first ?? 0;
  const last = options.size ? first + options.size : sorted.length;
  const lines = sorted.slice(first, last).map((row) =>
    el("tr", options.attributes ? options.attributes(row) : {},
      ...heads.map((h) => h.cell(row))));
  table.replaceChildren(el("thead", {}, top), el("tbody", {}, ...lines));
}

/** Parts of a text, between which alone it may break. */
function breakable(parts) {
  return parts.flatMap((part, i) =>
    i === 0 ? [part] : [document.createElement("wbr"), part]);
}

/** A spec that may break behind its separators and nowhere else. */
function specParts(spec) {
  return breakable(spec.split(/(?<=[|,;+)])(?=[^|,;+)])/));
}

/** A column's name that may break behind its underscores. */
function nameParts(name) {
  return breakable(name.split(/(?<=_)(?=[^_])/));
}

/** Width in pixels of the longest of some names, as charts write them. */
function longestName(names) {
  const context = longestName.context ??=
    document.createElement("canvas").getContext("2d");
  context.font = `12.5px ${getComputedStyle(document.body).fontFamily}`;
  return Math.max(0, ...names.map((n) => context.measureText(n).width));
}

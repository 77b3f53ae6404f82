// The search that is shown; `data` is what the program wrote of it (see
// search_page.cpp).
const archs = data.arch;
const columns = data.columns.map((column, position) => ({ ...column, position,
  values: column.values.map((value) => value ?? NaN) }));
const objectives = columns.filter((column) => column.kind === "objective");
const front = new Set(data.front);

/** What is shown of it. */
const state = { objective: 0, across: null, up: null, only: false };

/** The names of an architecture's parts, in the order of the places. */
function partsOf(row) {
  return data.parts[row].map((part) => data.part_names[part]);
}

/** How good a value is: more is better. */
function goodness(column, row) {
  const value = column.values[row];
  return column.less ? -value : value;
}

/** The best of some rows by a column, the first of equal ones; null: none. */
function bestOf(column, rows) {
  let best = null;
  for (const row of rows) {
    const value = goodness(column, row);
    if (value === value && (best === null || value > goodness(column, best))) best = row;
  }
  return best;
}

const allRows = archs.map((_, row) => row);

/** "edge 1 to out (place 5)", "place 5", "anywhere". */
function placeText(place) {
  if (place === 0) return data.places.length > 1 ? "at any place" : "anywhere";
  if (!cellPattern.test(archs[0])) return `place ${place}`;
  const [from, to] = cellEdges[place - 1];
  const nodes = ["in", "1", "2", "out"];
  return `edge ${nodes[from]} to ${nodes[to]} (place ${place})`;
}

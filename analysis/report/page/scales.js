// How a column lies on an axis: by value, its logarithm, its rank, or robustly.
//
// A few outliers must not squeeze all others into a line. A robust axis shows
// the bulk by value; what lies beyond Tukey's far fences (three times the range
// between the quartiles beyond them) is set beyond a dotted line, by rank.

const scaleNames = { auto: "auto scale", value: "by value",
  robust: "robust", log: "logarithm", rank: "by rank" };

/** Whether the mass can be seen on an axis: the middle nine tenths take at least
    a share `least` of it, the middle half at least an eighth. */
function isSpread(sorted, map, least = 1 / 3) {
  const at = (share) => map(sorted[Math.round(share * (sorted.length - 1))]);
  const length = at(1) - at(0);
  return !(length > 0) || (at(0.95) - at(0.05) >= least * length &&
    at(0.75) - at(0.25) >= length / 8);
}

const itself = (v) => v;

/** The bulk of a column by Tukey's far fences and how many lie beyond; null
    where that is no help: nothing beyond, too many, or most are equal. */
function bulkOf(column) {
  if (column.bulk === undefined) column.bulk = findBulk(column);
  return column.bulk;
}

function findBulk(column) {
  const { sorted } = column;
  if (sorted.length === 0) return null;
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  const reach = 3 * (at(0.75) - at(0.25));
  if (!(reach > 0)) return null;
  const inside = sorted.filter((v) => v >= at(0.25) - reach && v <= at(0.75) + reach);
  const [low, high] = [inside[0], inside[inside.length - 1]];
  const below = sorted.findIndex((v) => v >= low);
  const above = sorted.length - below - inside.length;
  const beyond = below + above;
  if (beyond === 0 || beyond > 0.1 * sorted.length) return null;
  return isSpread(inside, itself, 1 / 5) ? { low, high, below, above } : null;
}

/** The kind that a wish comes to on a column. */
function kindOf(column, wanted) {
  const { sorted } = column;
  const positive = sorted.length > 0 && sorted[0] > 0;
  if (wanted === "log" && !positive) return "value";
  if (wanted === "robust" && !bulkOf(column)) return "value";
  if (wanted !== "auto") return wanted;
  if (sorted.length < 10 || isSpread(sorted, itself)) return "value";
  if (positive && isSpread(sorted, Math.log10)) return "log";
  return bulkOf(column) ? "robust" : "rank";
}

function robustScale(column) {
  const { low, high, below, above } = bulkOf(column);
  const band = 0.14 * (high - low);
  const { order } = column;
  const first = order.findIndex((v) => v >= low);
  const behind = order.findIndex((v) => v > high);
  const last = behind < 0 ? order.length : behind;
  const places = Float64Array.from(order, (v, i) => {
    if (i < first) return low - band * (1 - (i + 0.5) / first);
    if (i < last) return v;
    return high + band * ((i - last + 0.5) / (order.length - last));
  });
  const beyond = below + above;
  const edge = (high - low) * 1e-9;
  const fences = [...(below ? [low - 0.006 * (high - low)] : []),
    ...(above ? [high + 0.006 * (high - low)] : [])];
  return { kind: "robust", fences, beyond,
    of: (row) => column.levels[row] ? places[column.levels[row] - 1] : NaN,
    name: `${column.label}; ${whole(beyond)} beyond the dotted line by rank`,
    shortName: `${column.label}, robust`,
    text: (v) => v < low - edge || v > high + edge ? "" : short(v) };
}

/** A scale: `of(row)` is the place of a row, `text(place)` its label. */
function scaleOf(column, wanted) {
  const kind = kindOf(column, wanted);
  return (column.scales ??= {})[kind] ??= makeScale(column, kind);
}

function makeScale(column, kind) {
  if (kind === "robust") return { column, ...robustScale(column) };
  if (kind === "rank") {
    return { column, kind, of: (row) => column.ranks[row],
      name: `${column.label}, by rank`, text: (v) => `${Math.round(v * 100)} %` };
  }
  if (kind === "log") {
    return { column, kind, of: (row) => Math.log10(column.values[row]),
      name: `${column.label}, logarithmic`,
      text: (v) => Number.isInteger(v) ? (Math.abs(v) < 4 ? short(10 ** v) : `1e${v}`) : "" };
  }
  return { column, kind, of: (row) => column.values[row], name: column.label,
    text: (v) => short(v) };
}

/** The values between two places of an axis, both ends included. */
function valuesBetween(scale, from, to) {
  const { column, kind, of } = scale;
  if (kind === "value") return [from, to];
  if (kind === "log") return [10 ** from, 10 ** to];
  let [least, most] = [Infinity, -Infinity];
  for (let row = 0; row < count; ++row) {
    const place = of(row);
    if (!(place >= from && place <= to)) continue;
    least = Math.min(least, column.values[row]);
    most = Math.max(most, column.values[row]);
  }
  return [least, most];
}

/** Why an axis is not by value, for the words below a chart. */
function scaleNote(scale) {
  const { column, kind, beyond } = scale;
  if (kind === "robust") {
    const [lie, stand] = beyond === 1 ? ["lies", "it stands"] : ["lie", "they stand"];
    return ` ${whole(beyond)} of ${whole(count)} values of ${column.label} ${lie} far from all others (beyond Tukey's far fences): ${stand} beyond the dotted line, by rank.`;
  }
  if (kind === "rank") {
    return ` ${column.label} is drawn by rank: 100 % is its greatest value.`;
  }
  return "";
}

/** Least and greatest place of a column on its axis, with some room. */
function extentOf(scale) {
  return scale.extent ??= findExtent(scale);
}

function findExtent(scale) {
  let low = Infinity;
  let high = -Infinity;
  for (let row = 0; row < count; ++row) {
    const v = scale.of(row);
    if (!Number.isFinite(v)) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (!(low <= high)) return [0, 1];
  const room = high > low ? (high - low) * 0.03 : Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}

/** Dotted lines where the bulk of an axis ends. */
function fenceSeries(x, y) {
  const [x0, x1] = extentOf(x);
  const [y0, y1] = extentOf(y);
  const lines = [
    ...(x.fences ?? []).map((at) => [[at, y0], [at, y1]]),
    ...(y.fences ?? []).map((at) => [[x0, at], [x1, at]])];
  return lines.map((points, i) => ({ id: `fence${i}`, type: "line", silent: true,
    z: 1, symbol: "none", data: points, lineStyle: { color: palette().muted,
      type: "dotted", width: 1.5 } }));
}

function scaleChooser(label, key) {
  const select = el("select", { "aria-label": label,
    onchange: () => {
      state.scale[key] = select.value;
      dropBrush();
      tell("view");
    } }, ...Object.entries(scaleNames).map(([kind, text]) => el("option",
    { value: kind, selected: state.scale[key] === kind }, text)));
  return select;
}

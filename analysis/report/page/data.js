// The study that is shown, unpacked (see packing.h, page.cpp); `data` is what
// the program wrote of it.
const study = data.study;

function bytesOf(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; ++i) bytes[i] = binary.charCodeAt(i);
  return bytes.buffer;
}

function integersOf(text, width) {
  const buffer = bytesOf(text);
  if (width === 1) return new Uint8Array(buffer);
  return width === 2 ? new Uint16Array(buffer) : new Uint32Array(buffer);
}

function unpackStrings(packed) {
  const lengths = integersOf(packed.lengths, packed.lengths_bytes);
  const index = integersOf(packed.index, packed.index_bytes);
  const strings = new Array(packed.count);
  let at = 0;
  for (let i = 0; i < packed.count; ++i) {
    let text = "";
    for (const end = at + lengths[i]; at < end; ++at) {
      text += packed.words[index[at]];
    }
    strings[i] = text;
  }
  return strings;
}

const specs = unpackStrings(data.arch);
const count = specs.length;

/** Dense levels from 1 in ascending order, 0 for NaN, of plain values. */
function denseLevels(values) {
  const distinct = Float64Array.from(values.filter((v) => v === v)).sort();
  let size = 0;
  for (let i = 0; i < distinct.length; ++i) {
    if (i === 0 || distinct[i] !== distinct[size - 1]) {
      distinct[size++] = distinct[i];
    }
  }
  const order = distinct.slice(0, size);
  const levels = new Uint32Array(values.length);
  for (let row = 0; row < values.length; ++row) {
    const value = values[row];
    if (value !== value) continue;
    let low = 0;
    let high = size - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (order[middle] < value) low = middle + 1;
      else high = middle;
    }
    levels[row] = low + 1;
  }
  return { levels, order };
}

/** A column: its numbers (NaN where missing), their levels, distinct numbers. */
class Column {
  constructor(packed, position) {
    this.name = packed.name;
    this.score = packed.score;
    this.cost = packed.cost;
    this.position = position;
    if (packed.index) {
      this.order_ = new Float64Array(bytesOf(packed.levels));
      const size = this.order_.length;
      const width = size <= 0xff ? 1 : size <= 0xffff ? 2 : 4;
      this.levels_ = integersOf(packed.index, width);
      this.values = new Float64Array(count).fill(NaN);
      for (let row = 0; row < count; ++row) {
        const level = this.levels_[row];
        if (level !== 0) this.values[row] = this.order_[level - 1];
      }
    } else {
      this.values = new Float64Array(bytesOf(packed.values));
    }
  }
  sort_() {
    if (this.order_) return;
    const sorted = denseLevels(this.values);
    this.order_ = sorted.order;
    this.levels_ = sorted.levels;
  }
  get levels() {
    this.sort_();
    return this.levels_;
  }
  /** The distinct numbers, ascending. */
  get order() {
    this.sort_();
    return this.order_;
  }
  /** All its numbers, ascending. */
  get sorted() {
    return this.sorted_ ??= Float64Array.from(
      this.values.filter((value) => Number.isFinite(value))).sort();
  }
  get missing() {
    return this.missing_ ??= this.values.reduce(
      (sum, value) => sum + (value !== value ? 1 : 0), 0);
  }
  /** Mean rank of equal values as a share of those that have one. */
  get ranks() {
    if (this.ranks_) return this.ranks_;
    const counts = new Float64Array(this.order.length + 1);
    for (const level of this.levels) ++counts[level];
    const rank = new Float64Array(counts.length).fill(NaN);
    let below = 0;
    const present = count - counts[0];
    for (let level = 1; level < counts.length; ++level) {
      rank[level] = (below + (counts[level] + 1) / 2) / present;
      below += counts[level];
    }
    this.ranks_ = Float64Array.from(this.levels, (level) => rank[level]);
    return this.ranks_;
  }
  /** Whether a missing value takes part in tau, below all others. */
  get missingIsLast() {
    return this.score && study.missing === "last";
  }
  /** Tells a column of the scores from one of the truth of the same name. */
  get label() {
    const twin = columns.some((c) => c !== this && c.name === this.name);
    return twin ? `${this.name} (${this.score ? "score" : "truth"})` : this.name;
  }
}

const columns = data.columns.map((packed, i) => new Column(packed, i));
const proxyColumns = columns.filter((column) => column.score);
const truthColumns = columns.filter((column) => !column.score);
const metricColumns = study.metrics.map((name) =>
  truthColumns.find((column) => column.name === name));
const baselineColumn = proxyColumns.find((c) => c.name === study.baseline);

/** Columns that cost something, one of those that are equal throughout. */
const costColumns = columns.filter((c) => c.cost).filter((column, i, all) =>
  !all.slice(0, i).some((other) =>
    other.values.every((v, row) => Object.is(v, column.values[row]))));

const subsets = [...new Set(data.rows.map((row) => row.subset))];

function rowsOf(metric, subset) {
  return data.rows.filter((r) => r.metric === metric && r.subset === subset);
}

/** The column of that label, or `otherwise`. */
function columnLabelled(label, otherwise = null) {
  return columns.find((column) => column.label === label) ?? otherwise;
}

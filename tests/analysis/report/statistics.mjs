// The page's own tau-b against SciPy's (tests/golden/rank_vectors.json), and
// its front against comparing all pairs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const here = (path) => new URL(path, import.meta.url);
const source = readFileSync(
  here("../../../analysis/report/page/statistics.js"), "utf8");
const { tauB, paretoFront } = new Function(
  `${source}; return { tauB, paretoFront };`)();

/** 1 for the least value and so on, 0 for none: what the page counts on. */
function levels(values) {
  const distinct = [...new Set(values.filter((v) => v !== null))]
    .sort((a, b) => a - b);
  return Uint32Array.from(values, (v) => distinct.indexOf(v) + 1);
}

const { vectors } = JSON.parse(
  readFileSync(here("../../golden/rank_vectors.json"), "utf8"));
let compared = 0;
for (const { name, x, y, last, drop } of vectors) {
  const rows = Uint32Array.from(x, (_, i) => i);
  for (const [rule, expected] of [[true, last], [false, drop]]) {
    const { tau } = tauB(levels(x), levels(y), rows, rule, false);
    const wanted = expected.kendall[0];
    if (wanted === null) assert.ok(Number.isNaN(tau), name);
    else assert.ok(Math.abs(tau - wanted) <= 1e-12, `${name}: ${tau} ${wanted}`);
    ++compared;
  }
}
assert.ok(compared > 20);

// A part of the rows, against counting pairs one by one.
const mix = (i) => (Math.imul(i + 1, 2654435761) >>> 8) % 97;
const x = Uint32Array.from({ length: 400 }, (_, i) => mix(i) % 23);
const y = Uint32Array.from({ length: 400 }, (_, i) => mix(3 * i + 5) % 31);
const rows = Uint32Array.from({ length: 400 }, (_, i) => i)
  .filter((i) => mix(7 * i) % 3 !== 0);
let [agree, xs, ys] = [0, 0, 0];
const kept = [...rows].filter((row) => x[row] !== 0 && y[row] !== 0);
for (const a of kept) {
  for (const b of kept) {
    agree += Math.sign(x[a] - x[b]) * Math.sign(y[a] - y[b]);
    xs += x[a] !== x[b];
    ys += y[a] !== y[b];
  }
}
const result = tauB(x, y, rows, false, false);
assert.equal(result.n, kept.length);
assert.ok(Math.abs(result.tau - agree / Math.sqrt(xs * ys)) <= 1e-12);

const front = paretoFront(x, y, rows);
for (const row of rows) {
  const beaten = [...rows].some((other) => x[other] <= x[row] &&
    y[other] >= y[row] && (x[other] < x[row] || y[other] > y[row]));
  const tie = front.some((f) => x[f] === x[row] && y[f] === y[row]);
  assert.equal(!beaten, tie);
}
console.log(`tau-b of the page: ${compared} vectors equal SciPy's to 1e-12`);

// What a selection needs: tau-b in O(n log n), exactly as the program has it.

/** Over fewer rows no statistic of a selection is shown. */
const leastRows = 10;

/** Pairs i < j with values[i] > values[j]; sorts `values`. */
function countInversions(values) {
  let from = values;
  let to = new Uint32Array(values.length);
  let inversions = 0;
  const n = values.length;
  for (let width = 1; width < n; width *= 2) {
    for (let start = 0; start < n; start += 2 * width) {
      const middle = Math.min(start + width, n);
      const end = Math.min(start + 2 * width, n);
      let left = start;
      let right = middle;
      for (let at = start; at < end; ++at) {
        if (left < middle && (right >= end || from[left] <= from[right])) {
          to[at] = from[left++];
        } else {
          inversions += middle - left;
          to[at] = from[right++];
        }
      }
    }
    [from, to] = [to, from];
  }
  if (from !== values) values.set(from);
  return inversions;
}

/** Pairs of equal neighbours in a sorted array. */
function countTies(sorted) {
  let ties = 0;
  let run = 0;
  for (let i = 1; i < sorted.length; ++i) {
    run = sorted[i] === sorted[i - 1] ? run + 1 : 0;
    ties += run;
  }
  return ties;
}

/**
 * Kendall's tau-b of two columns of levels (0: no value) over `rows`, by
 * Knight's algorithm. A row without a value takes part, below all others,
 * where `last` says so for that column, else it is left out. NaN where
 * undefined.
 */
function tauB(x, y, rows, xLast, yLast) {
  let span = 1;
  for (const row of rows) if (y[row] >= span) span = y[row] + 1;
  const keys = new Float64Array(rows.length);
  let n = 0;
  for (const row of rows) {
    if ((x[row] === 0 && !xLast) || (y[row] === 0 && !yLast)) continue;
    keys[n++] = x[row] * span + y[row];
  }
  const sorted = keys.subarray(0, n).sort();
  const ys = new Uint32Array(n);
  const xs = new Uint32Array(n);
  for (let i = 0; i < n; ++i) {
    xs[i] = Math.floor(sorted[i] / span);
    ys[i] = sorted[i] - xs[i] * span;
  }
  const joint = countTies(sorted);
  const xTies = countTies(xs);
  const discordant = countInversions(ys);
  const yTies = countTies(ys);
  const pairs = (n * (n - 1)) / 2;
  const balance = pairs - xTies - yTies + joint - 2 * discordant;
  const scale = Math.sqrt(pairs - xTies) * Math.sqrt(pairs - yTies);
  return { tau: scale > 0 ? balance / scale : NaN, n };
}

/** Rows of the front: least cost, greatest value (see figures.h). */
function paretoFront(cost, value, rows) {
  const order = Array.from(rows).filter(
    (row) => cost[row] === cost[row] && value[row] === value[row]);
  order.sort((a, b) => cost[a] - cost[b] || value[b] - value[a]);
  const front = [];
  for (const row of order) {
    if (front.length === 0 || value[row] > value[front[front.length - 1]]) {
      front.push(row);
    }
  }
  return front;
}

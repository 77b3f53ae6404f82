// node page.mjs ZCP CHROMIUM: makes a report of 15,625 architectures, 30
// proxies and 3 metrics, opens its page and uses it as a reader would: with a
// mouse, by keys, on a phone, in the dark. Names of steps behind that run these
// alone.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync }
  from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Browser } from "./chromium.mjs";
import { findFaults, keepsRulesAtWidths, prepareRules } from "./rules.mjs";

const [, , zcp, chromium, ...wanted] = process.argv;
const folder = mkdtempSync(join(tmpdir(), "zcp-report-"));

// A study as large as NATS-TSS ------------------------------------------------

const operations = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3",
  "avg_pool_3x3"];
const evil = "</script><b>, \"odd\" & 'name'";

function specOf(index) {
  const o = Array.from({ length: 6 },
    (_, i) => operations[Math.floor(index / 5 ** i) % 5]);
  return `|${o[0]}~0|+|${o[1]}~0|${o[2]}~1|+|${o[3]}~0|${o[4]}~1|${o[5]}~2|`;
}

/** Numbers in [0, 1) that look random (mulberry32). */
function randomOf(seed) {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const quoted = (text) => `"${text.replaceAll('"', '""')}"`;

function writeStudy() {
  const random = randomOf(1);
  const proxies = ["params", evil, ...Array.from({ length: 28 }, (_, i) => `proxy_${i}`)];
  const scores = [["arch", ...proxies.map(quoted)].join(",")];
  const truth = ["arch,first,second,third,latency"];
  for (let index = 0; index < 15625; ++index) {
    const spec = specOf(index);
    const convolutions = spec.split("nor_conv_3x3").length - 1;
    const points = spec.split("nor_conv_1x1").length - 1;
    const params = 73306 + 82944 * convolutions + 9216 * points;
    const quality = 60 + 5 * convolutions + 3 * points + 6 * random();
    const row = [params, quality + 2 * random()];
    for (let i = 0; i < 28; ++i) {
      const missing = i === 3 && index % 50 === 0;
      const far = i === 5 && index % 5000 === 7;
      const score = quality * (i % 3) + (4 + 3 * i) * random();
      row.push(missing ? "" : far ? -1e9 * (1 + random()) : score);
    }
    scores.push([spec, ...row].join(","));
    truth.push([spec, quality, quality + 8 * random(), 3 * quality + 20 * random(),
      1 + convolutions + random()].join(","));
  }
  writeFileSync(join(folder, "scores.csv"), scores.join("\n") + "\n");
  writeFileSync(join(folder, "truth.csv"), truth.join("\n") + "\n");
  writeFileSync(join(folder, "half.csv"), scores.slice(0, 400).join("\n") + "\n");
}

// What a reader does ----------------------------------------------------------

const number = (text) => Number(text.replace("\u2212", "-").replaceAll(",", ""));
const rowsOf = (page, table) => page.evaluate(
  `[...document.querySelectorAll("#${table} tbody tr")].map((row) =>
    [...row.children].map((cell) => cell.textContent))`);

async function opens(page, path) {
  await page.until("document.body?.dataset.ready === 'yes'");
  const [loaded, ready] = await page.evaluate(`[
    performance.getEntriesByType("navigation")[0].loadEventEnd,
    performance.now()].map(Math.round)`);
  // Seconds of the processor, which other work on the machine does not add to.
  const { metrics } = await page.send("Performance.getMetrics");
  const busy = metrics.find((m) => m.name === "TaskDuration").value;
  const size = statSync(path).size;
  console.log(`page: ${(size / 1e6).toFixed(2)} MB, loaded after ${loaded} ms, ` +
    `every chart drawn before ${ready} ms, ${busy.toFixed(2)} s of processor`);
  assert.ok(size < 8e6);
  assert.ok(busy < 2);
}

async function showsTheStudy(page) {
  assert.match(await page.text("#headline"), /beat/);
  assert.equal(await page.evaluate("document.title"), "scores.csv against truth.csv");
  const rows = await rowsOf(page, "proxy-table");
  assert.equal(rows.length, 30);
  assert.ok(rows.some(([name]) => name === evil));
  const drawn = await page.evaluate(
    `[...document.querySelectorAll("section:not([hidden]) .chart")].map((chart) =>
      [...chart.querySelectorAll("canvas")].some((canvas) => canvas
        .getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
        .data.some((value) => value !== 0)))`);
  assert.deepEqual(drawn, [true, true, true, true, true, true]);
  assert.match(await page.text("#protocol-list"), /A table names no protocol/);
  assert.match(await page.text("#missing-list"), /proxy_3313 of 15,625/);
}

async function sorts(page) {
  const column = async (at) =>
    (await rowsOf(page, "proxy-table")).map((row) => row[at]);
  const taus = (await column(2)).map((text) => number(text.split("[")[0]));
  assert.deepEqual(taus, taus.toSorted((a, b) => b - a));
  await page.click("#proxy-table thead th:first-child button");
  const names = await column(0);
  assert.deepEqual(names, names.toSorted((a, b) => (a < b ? -1 : 1)));
  const head = "#proxy-table thead th:first-child";
  const state = () => page.evaluate(
    `document.querySelector("${head}").getAttribute("aria-sort")`);
  assert.equal(await state(), "ascending");
  await page.click(`${head} button`);
  assert.equal(await state(), "descending");
  assert.deepEqual(await column(0), names.toReversed());
}

/** Tau-b by counting pairs one by one. */
function tauOf(x, y) {
  let [agree, xs, ys] = [0, 0, 0];
  for (let i = 0; i < x.length; ++i) {
    for (let j = 0; j < i; ++j) {
      const [dx, dy] = [Math.sign(x[i] - x[j]), Math.sign(y[i] - y[j])];
      agree += dx * dy;
      xs += dx !== 0;
      ys += dy !== 0;
    }
  }
  return agree / Math.sqrt(xs * ys);
}

async function brushes(page) {
  assert.equal(await page.text("#arch-count"), "1\u201312 of 15,625");
  await page.drag("#scatter", [0.45, 0.25], [0.8, 0.6]);
  await page.until("document.querySelector('#selection-state').textContent !== ''");
  const [, size] = /^([\d,]+) of 15,625 selected$/.exec(
    await page.text("#selection-state"));
  const selected = number(size);
  assert.ok(selected > 100 && selected < 15000, size);
  await page.until(`document.querySelector("#arch-count").textContent.endsWith(" of ${size}")`);
  assert.match(await page.text("#scatter-readout"), /tau-b in the selection/);
  await page.until(`document.querySelector("#proxy-table thead th:last-child")
    .textContent === "tau-b in selection"`);
  await page.choose("#scatter-controls select[aria-label=Colour]", "latency");
  for (let i = 0; i < 3; ++i) await page.click("#theme");
  assert.match(await page.text("#selection-state"), new RegExp(`^${size} of`));
  assert.match(await page.text("#scatter-key"), /^latency:/);
  await page.click("#clear");
  await page.until("document.querySelector('#arch-count').textContent === '1\u201312 of 15,625'");
  assert.equal(await page.text("#selection-state"), "");
}

/** By numbers: what is selected and its tau are those of the files. */
async function selectsByNumbers(page) {
  const read = (name) => readFileSync(join(folder, name), "utf8").trim().split("\n")
    .slice(1).map((line) => line.split(","));
  const scores = read("scores.csv");
  const truth = read("truth.csv");
  await page.evaluate(`(() => {
    const set = (label, column) => {
      const select = document.querySelector("#scatter-controls select[aria-label=" + label + "]");
      select.value = [...select.options].find((o) => o.textContent === column).value;
      select.dispatchEvent(new Event("change"));
    };
    set("Across", "proxy_2");
    set("Up", "second");
    const bounds = ["120", "135", "70", "80"];
    document.querySelectorAll("#scatter-ranges input").forEach((input, i) => {
      input.value = bounds[i];
    });
    document.querySelector("#select-ranges").click();
  })()`);
  await page.until("document.querySelector('#brushed-tau') !== null");
  const x = [];
  const y = [];
  scores.forEach((row, i) => {
    const [score, value] = [Number(row[5]), Number(truth[i][2])];
    if (score < 120 || score > 135 || value < 70 || value > 80) return;
    x.push(score);
    y.push(value);
  });
  assert.ok(x.length > 50);
  assert.equal(await page.text("#selection-state"),
    `${x.length.toLocaleString("en")} of 15,625 selected`);
  const shown = number(await page.text("#brushed-tau"));
  assert.ok(Math.abs(shown - tauOf(x, y)) <= 0.0005, `${shown} ${tauOf(x, y)}`);
  await page.click("#clear");
  await page.until("document.querySelector('#selection-state').textContent === ''");
}

async function filters(page) {
  await page.evaluate(`(() => {
    const low = document.querySelector("#filters input[aria-label='params at least']");
    low.value = low.max;
    low.dispatchEvent(new Event("input"));
  })()`);
  await page.until("document.querySelector('#selection-state').textContent === '1 of 15,625 selected'");
  await page.until("document.querySelector('#arch-count').textContent === '1\u20131 of 1'");
  assert.match(await page.text("#arch-table tbody"),
    /^\|nor_conv_3x3~0\|\+\|nor_conv_3x3~0\|nor_conv_3x3~1/);
  await page.click("#clear");
  await page.until("document.querySelector('#arch-count').textContent === '1\u201312 of 15,625'");
}

async function pins(page) {
  await page.click("#arch-table tbody tr:nth-child(1) button");
  await page.click("#arch-table tbody tr:nth-child(2) button");
  assert.equal(await page.evaluate("document.querySelectorAll('#pins thead svg.cell').length"), 2);
  await page.click("#pins thead button");
  assert.equal(await page.evaluate("document.querySelectorAll('#pins thead svg.cell').length"), 1);
}

async function showsOnHover(page) {
  const { x, y, width, height } = await page.box("#scatter");
  for (let i = 0; i < 40; ++i) {
    await page.mouse("mouseMoved", x + width * (0.3 + 0.01 * i), y + height * (0.6 - 0.01 * i));
    const shown = await page.evaluate("document.querySelector('#scatter .tip svg.cell') !== null");
    if (shown) return;
  }
  assert.fail("no dot says what it is");
}

async function pinsByClick(page) {
  const before = await page.evaluate("document.querySelectorAll('#pins thead svg.cell').length");
  const { x, y, width, height } = await page.box("#scatter");
  for (let i = 0; i < 40; ++i) {
    const at = [x + width * (0.3 + 0.01 * i), y + height * (0.6 - 0.01 * i)];
    await page.mouse("mouseMoved", ...at);
    await page.mouse("mousePressed", ...at);
    await page.mouse("mouseReleased", ...at);
    const after = await page.evaluate("document.querySelectorAll('#pins thead svg.cell').length");
    if (after !== before) return;
  }
  assert.fail("no click pins");
}

async function changesMetric(page) {
  const before = await page.text("#proxy-table tbody");
  await page.choose("#metric", "third");
  assert.notEqual(await page.text("#proxy-table tbody"), before);
  assert.match(await page.text("#headline"), /on third\.$/);
  await page.choose("#subset", "best 10 % (n = 1,563)");
  assert.match(await page.text("#proxies-read"), /best 10 %/);
  assert.match(await page.text("#headline"), /third among the best 10 %\.$/);
  await page.choose("#subset", "all (n = 15,625)");
  await page.choose("#metric", "first");
}

const paper = "getComputedStyle(document.body).backgroundColor";

async function turnsDark(page) {
  assert.equal(await page.evaluate(paper), "rgb(251, 251, 249)");
  await page.click("#theme");
  assert.equal(await page.text("#theme"), "Theme: dark");
  assert.equal(await page.evaluate(paper), "rgb(18, 22, 26)");
  await page.click("#theme");
  assert.equal(await page.evaluate(paper), "rgb(251, 251, 249)");
}

/** By keyboard alone: from the skip link to the first button of the table. */
async function obeysKeys(page) {
  await page.evaluate("document.querySelector('.skip').focus(); scrollTo(0, 0)");
  const seen = new Set();
  for (let i = 0; i < 60; ++i) {
    await press(page, "Tab", 9);
    seen.add(await page.evaluate("document.activeElement.id || document.activeElement.tagName"));
    const inTable = await page.evaluate(
      "document.activeElement.closest('#proxy-table thead') !== null");
    if (inTable) break;
  }
  assert.ok(seen.has("metric") && seen.has("theme"), [...seen].join(" "));
  await press(page, "Enter", 13);
  assert.equal(await page.evaluate(
    "document.querySelector('#proxy-table thead th').hasAttribute('aria-sort')"), true);
}

const press = (page, key, code) => page.send("Input.dispatchKeyEvent",
  { type: "keyDown", key, code: key, windowsVirtualKeyCode: code,
    ...(key === "Enter" ? { text: "\r" } : {}) });

/** Tab reaches every control, and what has the focus looks different. */
async function reachesAllByKeys(page) {
  const controls = await page.evaluate(`(() => {
    document.querySelector(".skip").focus();
    for (const details of document.querySelectorAll("details")) details.open = true;
    const seen = [...document.querySelectorAll(
      "main a, main button, main select, main input, main summary, header a, header button, header select")]
      .filter((e) => e.checkVisibility() && !e.disabled);
    seen.forEach((e, i) => { e.dataset.control = i; });
    return seen.length;
  })()`);
  assert.ok(controls > 100, `${controls} controls`);
  const reached = new Set();
  const dull = [];
  for (let i = 0; i < controls + 40; ++i) {
    await press(page, "Tab", 9);
    const [control, visible, what] = await page.evaluate(`(() => {
      const e = document.activeElement;
      const thumb = e.type === "range"
        ? getComputedStyle(e, "::-webkit-slider-thumb") : getComputedStyle(e);
      return [e.dataset.control ?? "", e.matches(":focus-visible") &&
        thumb.outlineStyle !== "none" && parseFloat(thumb.outlineWidth) >= 2,
        e.outerHTML.slice(0, 90)];
    })()`);
    if (control === "") continue;
    reached.add(control);
    if (!visible && !what.includes("type=\"range\"")) dull.push(what);
  }
  assert.equal(reached.size, controls);
  assert.deepEqual(dull, []);
  await page.evaluate(`(() => {
    for (const details of document.querySelectorAll("details")) details.open = false;
  })()`);
}

/** The thumbs of a slider, by keys; the focused one is ringed. */
async function slidesByKeys(page) {
  const low = "#filters input[aria-label='params at least']";
  const shot = async () => {
    const { x, y, width, height } = await page.box("#filters fieldset");
    const top = await page.evaluate("scrollY");
    const { data } = await page.send("Page.captureScreenshot", { clip:
      { x, y: y + top, width, height, scale: 1 } });
    return data;
  };
  const before = await shot();
  await page.evaluate(`document.querySelector("#theme").focus()`);
  await page.evaluate(`document.querySelector("${low}").focus({ focusVisible: true })`);
  assert.notEqual(await shot(), before, "focus of a thumb cannot be seen");
  await press(page, "ArrowRight", 39);
  await page.until("document.querySelector('#selection-state').textContent !== ''");
  await page.evaluate(`(() => {
    const low = document.querySelector("${low}");
    low.value = low.max;
    low.dispatchEvent(new Event("input"));
    const high = document.querySelector("#filters input[aria-label='params at most']");
    high.value = 3;
    high.dispatchEvent(new Event("input"));
  })()`);
  const [a, b] = await page.evaluate(`[...document.querySelectorAll(
    "#filters fieldset:first-child input")].map((e) => Number(e.value))`);
  assert.ok(a <= b, "the thumbs cross");
  await page.click("#clear");
  await page.until("document.querySelector('#selection-state').textContent === ''");
}

/** Where a few outliers would squeeze all others, the axis is robust, says so,
    and can be switched. */
async function showsTheMass(page) {
  const drawn = async () => {
    const svg = await savedText(page, "#scatter-save", "SVG", "scatter-first-proxy_5.svg");
    const group = svg.match(/<g fill="[^"]*"[^>]*>(?:<path d="M[^"]*"\/>)+<\/g>/g)
      .toSorted((p, q) => q.length - p.length)[0];
    const xs = [...group.matchAll(/d="M([\d.]+) /g)].map((m) => Number(m[1]))
      .toSorted((p, q) => p - q);
    assert.ok(xs.length > 15000, `${xs.length} dots`);
    const at = (share) => xs[Math.round(share * (xs.length - 1))];
    return (at(0.95) - at(0.05)) / (at(1) - at(0));
  };
  await page.choose("#scatter-controls select[aria-label=Up]", "first");
  await page.choose("#scatter-controls select[aria-label=Colour]", "one colour");
  await page.choose("#scatter-controls select[aria-label=Across]", "proxy_5");
  assert.match(await page.text("#scatter-readout"),
    /4 of 15,625 values of proxy_5 lie far from all others/);
  assert.ok(await drawn() > 1 / 3);
  await page.choose("#scatter-controls select[aria-label='Scale across']", "by value");
  assert.doesNotMatch(await page.text("#scatter-readout"), /far from/);
  assert.ok(await drawn() < 0.01);
  await page.choose("#scatter-controls select[aria-label='Scale across']", "by rank");
  assert.match(await page.text("#scatter-readout"), /drawn by rank/);
  assert.ok(await drawn() > 0.8);
  await page.choose("#scatter-controls select[aria-label='Scale across']", "auto scale");
}

/** The text of a file that a button saves. */
async function savedText(page, selector, kind, name) {
  return (await savedBytes(page, selector, kind, name)).toString("utf8");
}

async function savedBytes(page, selector, kind, name) {
  const path = join(folder, name);
  rmSync(path, { force: true });
  await page.evaluate(`[...document.querySelectorAll("${selector} button")].find(
    (b) => b.textContent === "${kind}").click()`);
  const end = Date.now() + 60000;
  while (!existsSync(path)) {
    assert.ok(Date.now() < end, `${name} is not saved`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return readFileSync(path);
}

const figures = [["forest", "difference-first-all"], ["curve", "top-first"],
  ["scatter", "scatter-first-proxy_2"], ["pareto", "pareto-first-params"],
  ["heat", "similarity"], ["parallel", "parallel-first"]];

async function savesFigures(page) {
  await page.choose("#scatter-controls select[aria-label=Across]", "proxy_2");
  for (const [id, name] of figures) {
    const svg = await savedText(page, `#${id}-save`, "SVG", `${name}.svg`);
    const [tag, fault, texts] = await page.evaluate(`(() => {
      const read = new DOMParser().parseFromString(${JSON.stringify(svg)}, "image/svg+xml");
      return [read.documentElement.tagName, read.querySelector("parsererror")?.textContent ?? "",
        [...read.querySelectorAll("text")].map((t) => t.textContent)];
    })()`);
    assert.equal(tag, "svg", `${id}: ${fault}`);
    assert.equal(fault, "", id);
    assert.ok(texts.some((text) => /^(params|proxy_2|first)/.test(text)), `${id}: ${texts}`);
    const png = await savedBytes(page, `#${id}-save`, "PNG", `${name}.png`);
    assert.equal(png.subarray(1, 4).toString(), "PNG");
    const width = await page.evaluate(`document.getElementById("${id}").clientWidth`);
    assert.equal(png.readUInt32BE(16), 3 * width);
    const csv = await savedText(page, `#${id}-save`, "CSV", `${name}.csv`);
    assert.match(csv.split("\n")[0], /^(proxy|arch),/);
    assert.ok(csv.trim().split("\n").length > 30, id);
  }
}

async function savesTables(page) {
  const csv = await savedText(page, "#proxy-table-save", "CSV", "proxies-first-all.csv");
  const [head, ...lines] = csv.trim().split("\n");
  assert.equal(lines.length, 30);
  const tau = head.split(",").indexOf("kendall_tau");
  const told = JSON.parse(execFileSync(zcp, ["correlate", "--scores",
    join(folder, "scores.csv"), "--truth", join(folder, "truth.csv"), "--metric", "first",
    "--bootstrap", "0", "--json"], { maxBuffer: 1e8, stdio: ["ignore", "pipe", "ignore"] }));
  let compared = 0;
  for (const { proxy, subset, kendall_tau: expected } of told) {
    const line = lines.find((text) => text.startsWith(`${proxy},`));
    if (subset !== "all" || proxy === evil) continue;
    assert.equal(Number(line.split(",")[tau]), expected, proxy);
    ++compared;
  }
  assert.equal(compared, 29);
  const latex = await savedText(page, "#proxy-table-save", "LaTeX", "proxies-first-all.tex");
  assert.match(latex, /\\begin\{tabular\}\{lr+\}\n\\toprule\nProxy & /);
  assert.match(latex, /\nproxy\\_2 & /);
  assert.equal(latex.match(/ \\\\\n/g).length, 31);
  const [, ...cells] = latex.match(/^.* \\\\$/gm).map((line) => line.match(/(?<!\\)&/g).length);
  assert.deepEqual(new Set(cells).size, 1);
  const markdown = await savedText(page, "#proxy-table-save", "Markdown", "proxies-first-all.md");
  assert.equal(markdown.trim().split("\n").length, 32);
  const archs = await savedText(page, "#arch-table-save", "CSV", "architectures.csv");
  assert.equal(archs.trim().split("\n").length, 15626);
}

/** The view is in the address, and an address restores it. */
async function keepsTheView(browser, page, url) {
  await page.choose("#metric", "second");
  await page.choose("#subset", "best 5 % (n = 781)");
  await page.choose("#scatter-controls select[aria-label=Across]", "proxy_4");
  await page.choose("#scatter-controls select[aria-label='Scale up']", "by rank");
  await page.choose("#scatter-controls select[aria-label=Colour]", "latency");
  await page.evaluate(`(() => {
    const low = document.querySelector("#filters input[aria-label='params at least']");
    low.value = 3;
    low.dispatchEvent(new Event("input"));
  })()`);
  await page.evaluate(`document.querySelector(".bar nav a[href='#similarity']").click()`);
  await page.until("location.hash.includes('filters') && location.hash.includes('colour')");
  const address = await page.evaluate("location.href");
  assert.match(address, /metric=second&among=top\+0\.05.*at=similarity/);
  const look = `({ metric: document.querySelector("#metric").selectedOptions[0].textContent,
    among: document.querySelector("#subset").value,
    chosen: [...document.querySelectorAll("#scatter-controls select")].map((s) => s.selectedOptions[0].textContent),
    selection: document.querySelector("#selection-state").textContent,
    headline: document.querySelector("#headline").textContent,
    proxies: document.querySelector("#proxy-table").textContent })`;
  const before = await page.evaluate(look);
  assert.notEqual(before.selection, "");
  const other = await browser.open(address);
  await other.until("document.body?.dataset.ready === 'yes'");
  assert.deepEqual(await other.evaluate(look), before);
  assert.ok(await other.evaluate("scrollY") > 500, "the section is not in view");
  // Another address in the same window, as when a link is pasted.
  await other.evaluate("location.hash = '#metric=third&among=all'");
  await other.until("document.querySelector('#metric').selectedOptions[0]?.textContent === 'third'");
  await other.until("document.body.dataset.ready === 'yes'");
  assert.equal(await other.text("#selection-state"), "");
  assert.deepEqual(other.problems, []);
  await page.send("Page.navigate", { url });
  await page.until("document.querySelector('#metric')?.selectedOptions[0]?.textContent === 'first'");
}

/** The rules that make a page usable for everybody, from a phone to a wall. */
async function keepsTheRules(browser, url) {
  const page = await browser.open(url);
  await page.until("document.body?.dataset.ready === 'yes'");
  await page.evaluate(`(${prepareRules})()`);
  await keepsRulesAtWidths(page, async (dark) => assert.equal(
    await page.evaluate(paper), dark ? "rgb(18, 22, 26)" : "rgb(251, 251, 249)"));
  // Each change redraws all charts; the page is dark now.
  for (const dark of [false, true]) {
    await page.evaluate("window.drawnTexts = []; window.noteTexts = true");
    await page.send("Emulation.setEmulatedMedia", { features: [
      { name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
    await page.until("window.drawnTexts.some((t) => t.chart === 'parallel')");
    await new Promise((resolve) => setTimeout(resolve, 400));
    const [size, pale] = await page.evaluate(`[window.drawnTexts.length,
      window.drawnTexts.filter((t) => t.ratio < 4.5)]`);
    assert.ok(size > 200, `${size} texts in charts`);
    assert.deepEqual(pale, [], dark ? "dark" : "light");
  }
}

/** The rules find what breaks them. */
async function rulesFindFaults(browser, url) {
  const page = await browser.open(url);
  await page.until("document.body?.dataset.ready === 'yes'");
  await page.evaluate(`(${prepareRules})()`);
  assert.deepEqual(await page.evaluate(`(${findFaults})()`), []);
  const broken = [
    ["has no name", "<button type=button style='width:30px;height:30px'></button>"],
    ["contrast", "<p style='color:#8a929a'>pale</p>"],
    ["target of", "<button type=button style='min-height:0;padding:0;font-size:9px'>x</button>"],
    ["heading skips", "<h4>deep</h4>"],
    ["horizontal scroll", "<div style='width:3000px'>wide</div>"],
    ["id twice", "<p id=headline>again</p>"],
    ["scrolls, but not", "<div style='overflow-x:auto;width:50px'><p style='width:90px'>long</p></div>"],
    ["th without scope", "<table><tr><th>head</th></tr></table>"],
    ["edge's contrast", "<input type=text aria-label=a style='border-color:#eee'>"],
    ["aria-labelledby of nothing", "<p aria-labelledby=nobody>text</p>"],
    ["tabindex above", "<p tabindex=3>text</p>"]];
  for (const [fault, html] of broken) {
    const found = await page.evaluate(`(() => {
      const section = document.querySelector("main section");
      section.insertAdjacentHTML("beforeend", ${JSON.stringify(`<div id=broken>${html}</div>`)});
      const faults = (${findFaults})();
      document.getElementById("broken").remove();
      return faults;
    })()`);
    assert.ok(found.some((text) => text.startsWith(fault)), `${fault}: ${found}`);
  }
}

/** On a phone the verdict is the second column, sections can be reached, and
    sliders are as wide as the page. */
async function servesPhones(browser, url) {
  const page = await browser.open(url, { width: 360, height: 780, dark: true });
  await page.until("document.body?.dataset.ready === 'yes'");
  assert.equal(await page.evaluate(paper), "rgb(18, 22, 26)");
  assert.equal(await page.text("#proxy-table thead th:nth-child(2)"), "Verdict");
  const [name, verdict] = await page.evaluate(`[1, 2].map((i) =>
    document.querySelector("#proxy-table tbody tr td:nth-child(" + i +
      "), #proxy-table tbody tr th:nth-child(" + i + ")").getBoundingClientRect().right)`);
  assert.ok(verdict > name && verdict <= 360, `the verdict ends at ${verdict}`);
  const [top, height] = await page.evaluate(`(() => {
    const box = document.querySelector("header.top").getBoundingClientRect();
    return [box.top, box.height];
  })()`);
  assert.ok(top === 0 && height < 120, `a header of ${height}`);
  await page.evaluate(`document.querySelector(".bar nav a[href='#protocol']").click()`);
  await page.until("Math.abs(document.querySelector('#protocol').getBoundingClientRect().top) < 700");
  const sliders = await page.evaluate(`[...document.querySelectorAll("#filters .two")].map(
    (e) => [e.getBoundingClientRect().left, e.getBoundingClientRect().right])`);
  assert.ok(sliders.length >= 2);
  for (const [left, right] of sliders) assert.ok(left >= 0 && right <= 360 && right - left > 250);
  assert.deepEqual(page.problems, []);
}

/** In a notebook the page is the text of a frame, which has no address. */
async function worksInAFrame(browser, html) {
  const path = join(folder, "notebook.html");
  const text = readFileSync(html, "utf8").replaceAll("&", "&amp;").replaceAll("'", "&#x27;");
  writeFileSync(path, `<!doctype html><title>A notebook</title><iframe srcdoc='${text}' width=900 height=800></iframe>`);
  const page = await browser.open(`file://${path}`);
  const inner = "document.querySelector('iframe').contentDocument";
  await page.until(`document.querySelector('iframe')?.contentDocument?.body?.dataset.ready === 'yes'`);
  const change = (id, text) => page.evaluate(`(() => {
    const select = ${inner}.getElementById("${id}");
    select.value = [...select.options].find((o) => o.textContent === "${text}").value;
    select.dispatchEvent(new Event("change"));
  })()`);
  await change("metric", "second");
  await new Promise((resolve) => setTimeout(resolve, 400));
  await page.evaluate(`${inner}.querySelector(".bar nav a[href='#protocol']").click()`);
  await change("study", "half");
  await page.until(`${inner}.getElementById("arch-count").textContent.endsWith(" of 399")`);
  assert.equal(await page.evaluate(
    `${inner}.getElementById("metric").selectedOptions[0].textContent`), "second");
  assert.deepEqual(page.problems, []);
}

/** Several studies on one page: side by side, and each of them whole. */
async function comparesStudies(browser) {
  const html = join(folder, "two.html");
  execFileSync(zcp, ["report", "--scores", join(folder, "scores.csv"), "--scores",
    join(folder, "half.csv"), "--truth", join(folder, "truth.csv"), "--metric",
    "first,second", "--bootstrap", "40", "--html", html, "--quiet"]);
  const page = await browser.open(`file://${html}`);
  await page.until("document.body?.dataset.ready === 'yes'");
  assert.equal(await page.evaluate("document.title"), "scores / half");
  const heads = await page.evaluate(
    `[...document.querySelectorAll("#studies-table thead th")].map((e) => e.textContent)`);
  assert.deepEqual(heads, ["Proxy", "scoresfirst, n = 15,625", "halffirst, n = 399"]);
  assert.equal((await rowsOf(page, "studies-table")).length, 30);
  assert.match(await page.text("#studies-read"), /different architectures/);
  const [, , half] = (await rowsOf(page, "studies-table")).find(([name]) => name === "proxy_1");
  await page.choose("#metric", "second");
  await page.choose("#study", "half");
  await page.until("document.body.dataset.ready === 'yes'");
  assert.equal(await page.evaluate("document.querySelector('#metric').selectedOptions[0].textContent"), "second");
  await page.choose("#metric", "first");
  assert.match(await page.text("#arch-count"), / of 399$/);
  const own = (await rowsOf(page, "proxy-table")).find(([name]) => name === "proxy_1")[2];
  assert.ok(half.startsWith(own), `${half} ${own}`);
  await page.until("location.hash.includes('study=half')");
  await page.evaluate(`(${prepareRules})()`);
  assert.deepEqual(await page.evaluate(`(${findFaults})()`), []);
  const csv = await savedText(page, "#compared-save", "CSV", "studies-first-all.csv");
  assert.equal(csv.trim().split("\n").length, 61);
  assert.deepEqual(page.problems, []);
  await worksInAFrame(browser, html);
}

async function prints(page) {
  const { data } = await page.send("Page.printToPDF",
    { printBackground: true, preferCSSPageSize: true });
  const pdf = Buffer.from(data, "base64").toString("latin1");
  assert.ok(pdf.startsWith("%PDF-"));
  const sheets = pdf.match(/\/Type\s*\/Page\b/g).length;
  assert.ok(sheets >= 3 && sheets <= 12, `${sheets} sheets`);
  await page.send("Emulation.setEmulatedMedia", { media: "print" });
  for (const hidden of [".top", ".controls", ".save", "details"]) {
    assert.equal(await page.evaluate(
      `getComputedStyle(document.querySelector("${hidden}")).display`), "none");
  }
  await page.send("Emulation.setEmulatedMedia", { media: "" });
}

// -----------------------------------------------------------------------------

const browser = new Browser(chromium);
try {
  writeStudy();
  const html = join(folder, "report.html");
  execFileSync(zcp, ["report", "--scores", join(folder, "scores.csv"),
    "--truth", join(folder, "truth.csv"), "--metric", "first,second,third",
    "--bootstrap", "40", "--html", html, "--quiet"]);
  const url = `file://${html}`;
  const page = await browser.open(url);
  await opens(page, html);
  await browser.send("Browser.setDownloadBehavior",
    { behavior: "allow", downloadPath: folder });
  const step = async (what, ...given) => {
    if (wanted.length > 0 && !wanted.includes(what.name)) return;
    await what(...given);
    console.log(`ok: ${what.name}`);
  };
  for (const what of [showsTheStudy, sorts, brushes, selectsByNumbers, filters,
    pins, showsOnHover, pinsByClick, changesMetric, turnsDark, obeysKeys,
    reachesAllByKeys, slidesByKeys, showsTheMass, savesFigures, savesTables, prints]) {
    await step(what, page);
  }
  assert.deepEqual(page.problems, []);
  assert.deepEqual(page.requests.filter((r) => !/^(data|blob):/.test(r)), [url]);
  await step(keepsTheView, browser, page, url);
  await step(keepsTheRules, browser, url);
  await step(rulesFindFaults, browser, url);
  await step(servesPhones, browser, url);
  await step(comparesStudies, browser);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}

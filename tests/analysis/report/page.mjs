// node page.mjs ZCP CHROMIUM: makes a report of 15,625 architectures, 20
// proxies and 3 metrics, opens its page and uses it as a reader would.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync }
  from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Browser } from "./chromium.mjs";

const [, , zcp, chromium] = process.argv;
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
  const proxies = ["params", evil, ...Array.from({ length: 18 }, (_, i) => `proxy_${i}`)];
  const scores = [["arch", ...proxies.map(quoted)].join(",")];
  const truth = ["arch,first,second,third,latency"];
  for (let index = 0; index < 15625; ++index) {
    const spec = specOf(index);
    const convolutions = spec.split("nor_conv_3x3").length - 1;
    const points = spec.split("nor_conv_1x1").length - 1;
    const params = 73306 + 82944 * convolutions + 9216 * points;
    const quality = 60 + 5 * convolutions + 3 * points + 6 * random();
    const row = [params, quality + 2 * random()];
    for (let i = 0; i < 18; ++i) {
      const missing = i === 3 && index % 50 === 0;
      row.push(missing ? "" : quality * (i % 3) + (4 + 3 * i) * random());
    }
    scores.push([spec, ...row].join(","));
    truth.push([spec, quality, quality + 8 * random(), 3 * quality + 20 * random(),
      1 + convolutions + random()].join(","));
  }
  writeFileSync(join(folder, "scores.csv"), scores.join("\n") + "\n");
  writeFileSync(join(folder, "truth.csv"), truth.join("\n") + "\n");
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
  assert.equal(rows.length, 20);
  assert.ok(rows.some(([name]) => name === evil));
  const drawn = await page.evaluate(
    `[...document.querySelectorAll(".chart")].map((chart) =>
      [...chart.querySelectorAll("canvas")].some((canvas) => canvas
        .getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
        .data.some((value) => value !== 0)))`);
  assert.deepEqual(drawn, [true, true, true, true, true]);
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
  await page.choose("#subset", "best 10 %");
  assert.match(await page.text("#proxies-read"), /best 10 %/);
  await page.choose("#subset", "all");
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
  await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)");
  const press = (key, code) => page.send("Input.dispatchKeyEvent",
    { type: "keyDown", key, code: key, windowsVirtualKeyCode: code,
      ...(key === "Enter" ? { text: "\r" } : {}) });
  const seen = new Set();
  for (let i = 0; i < 60; ++i) {
    await press("Tab", 9);
    seen.add(await page.evaluate("document.activeElement.id || document.activeElement.tagName"));
    const inTable = await page.evaluate(
      "document.activeElement.closest('#proxy-table thead') !== null");
    if (inTable) break;
  }
  assert.ok(seen.has("metric") && seen.has("theme"), [...seen].join(" "));
  await press("Enter", 13);
  assert.equal(await page.evaluate(
    "document.querySelector('#proxy-table thead th').hasAttribute('aria-sort')"), true);
}

async function isLabelled(page) {
  const bare = await page.evaluate(`[...document.querySelectorAll(
    "button, select, input, .chart, svg")].filter((e) => {
      const label = e.getAttribute("aria-label") || e.textContent.trim() ||
        e.closest("label")?.textContent.trim();
      return !label;
    }).map((e) => e.outerHTML.slice(0, 80))`);
  assert.deepEqual(bare, []);
}

async function fitsNarrow(browser, url) {
  const page = await browser.open(url, { width: 390, height: 800, dark: true });
  await page.until("document.body?.dataset.ready === 'yes'");
  assert.equal(await page.evaluate(paper), "rgb(18, 22, 26)");
  assert.ok(await page.evaluate("document.documentElement.scrollWidth") <= 390);
  assert.deepEqual(page.problems, []);
}

async function prints(page) {
  const { data } = await page.send("Page.printToPDF",
    { printBackground: true, preferCSSPageSize: true });
  const pdf = Buffer.from(data, "base64").toString("latin1");
  assert.ok(pdf.startsWith("%PDF-"));
  const sheets = pdf.match(/\/Type\s*\/Page\b/g).length;
  assert.ok(sheets >= 3 && sheets <= 12, `${sheets} sheets`);
  await page.send("Emulation.setEmulatedMedia", { media: "print" });
  for (const hidden of [".top", ".controls", "details"]) {
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
  for (const step of [showsTheStudy, sorts, brushes, selectsByNumbers, filters,
    pins, showsOnHover, pinsByClick, changesMetric, turnsDark, obeysKeys,
    isLabelled, prints]) {
    await step(page);
    console.log(`ok: ${step.name}`);
  }
  assert.deepEqual(page.problems, []);
  assert.deepEqual(page.requests.filter((r) => !r.startsWith("data:")), [url]);
  await fitsNarrow(browser, url);
  console.log("ok: fitsNarrow");
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}

// node search.mjs ZCP CHROMIUM: searches a table, opens the page of the search
// and uses it as a reader would; the command that it gives is run.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Browser } from "./chromium.mjs";
import { keepsRulesAtWidths, prepareRules } from "./rules.mjs";

const [, , zcp, chromium] = process.argv;
const folder = mkdtempSync(join(tmpdir(), "zcp-search-"));
const operations = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3",
  "avg_pool_3x3"];

function specOf(index) {
  const o = Array.from({ length: 6 },
    (_, i) => operations[Math.floor(index / 5 ** i) % 5]);
  return `|${o[0]}~0|+|${o[1]}~0|${o[2]}~1|+|${o[3]}~0|${o[4]}~1|${o[5]}~2|`;
}

const partsOf = (spec) => spec.match(/\w+(?=~)/g);
/** The column of the place, from 1, of an operation of nats-tss's specs. */
const has = (spec, place, name) => partsOf(spec)[place - 1] === name;

function writeTruth() {
  const lines = ["arch,acc,ms"];
  for (let index = 0; index < 15625; ++index) {
    const spec = specOf(index);
    const count = (name) => spec.split(name).length - 1;
    const noise = ((index * 7919) % 1009) / 1009;
    const last = partsOf(spec)[5] === "nor_conv_3x3" ? 9 : 0;
    lines.push(`${spec},${60 + 4 * count("3x3") + 2 * count("skip") + last + 3 * noise},` +
      `${1 + count("nor_conv_3x3") + 0.4 * count("nor_conv_1x1") + 0.1 * noise}`);
  }
  writeFileSync(join(folder, "truth.csv"), lines.join("\n") + "\n");
}

function read(name) {
  const [head, ...lines] = readFileSync(join(folder, name), "utf8").trim().split("\n")
    .map((line) => line.split(","));
  return lines.map((line) => Object.fromEntries(head.map((key, i) => [key, line[i]])));
}

const run = (words) => execFileSync(zcp, words, { cwd: folder, stdio: "pipe" });
const ready = (page) => page.until("document.body?.dataset.ready === 'yes'");
const number = (text) => Number(text.replace("\u2212", "-").replaceAll(",", ""));

/** Average ranks in percent, (rank - 1/2) / n. */
function ranks(values) {
  return values.map((v) => {
    const below = values.filter((w) => w < v).length;
    const equal = values.filter((w) => w === v).length;
    return 100 * (below + equal / 2) / values.length;
  });
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

async function showsTheSearch(page, rows) {
  const values = rows.map((row) => Number(row.acc));
  const best = rows[values.indexOf(Math.max(...values))];
  assert.equal(await page.text("#headline"), "The best of 300 architectures by acc");
  assert.equal(await page.text("#winner"), best.arch);
  const detail = await page.text("#detail");
  assert.ok(detail.includes(`query ${best.step} of`), detail);
  assert.match(await page.text("#truth"), /The best that this search could find has/);
  assert.equal(await page.text("#arch-count"), "1\u201320 of 300");
  const drawn = await page.evaluate(
    `[...document.querySelectorAll("section:not([hidden]) .chart")].map((chart) =>
      [...chart.querySelectorAll("canvas")].some((canvas) => canvas
        .getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
        .data.some((value) => value !== 0)))`);
  assert.deepEqual(drawn, [true, true, true]);
}

/** The effect of each operation, counted anew from the table. */
async function knowsEffects(page, rows) {
  const ranked = ranks(rows.map((row) => Number(row.acc)));
  const csv = await savedText(page, "#parts-table-save", "operations-acc.csv");
  const lines = csv.trim().split("\n").slice(1).map((line) => line.split(","));
  assert.equal(lines.length, 6 * 5 + 5);
  let compared = 0;
  for (const [place, name, objective, having, without, effect] of lines) {
    assert.equal(objective, "acc");
    const own = rows.map((row) => place === "any" ? partsOf(row.arch).includes(name)
      : has(row.arch, Number(place), name));
    const inside = ranked.filter((_, i) => own[i]);
    const outside = ranked.filter((_, i) => !own[i]);
    assert.equal(Number(having), inside.length);
    assert.equal(Number(without), outside.length);
    if (inside.length === 0 || outside.length === 0) continue;
    assert.ok(Math.abs(Number(effect) - (mean(inside) - mean(outside))) < 1e-9);
    ++compared;
  }
  assert.ok(compared > 25);
  const first = await page.evaluate(
    `document.querySelector("#parts-table .group th").textContent`);
  assert.match(first, /^Edge 2 to out \(place 6\): decides \d+ %/);
}

async function savedText(page, place, name) {
  await page.evaluate(`[...document.querySelectorAll("${place} button")]
    .find((b) => b.textContent === "CSV").click()`);
  const path = join(folder, name);
  for (let i = 0; i < 200 && !existsSync(path); ++i) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return readFileSync(path, "utf8");
}

const press = (page, label) => page.evaluate(`[...document.querySelectorAll("#parts-table button")]
  .find((b) => b.getAttribute("aria-label") === ${JSON.stringify(label)}).click()`);

/** What is wished gives a command, and the command does what was wished. */
async function goesOn(browser, page, url, rows) {
  assert.match(await page.text("#next-lead"), /^Choose in the table above/);
  await press(page, "Fix nor_conv_3x3 edge 2 to out (place 6)");
  await press(page, "Forbid none at any place");
  await press(page, "Prefer skip_connect edge in to out (place 4)");
  const wished = rows.filter((row) => has(row.arch, 6, "nor_conv_3x3") &&
    !partsOf(row.arch).includes("none"));
  assert.ok((await page.text("#next-readout")).startsWith(
    `${wished.length} of 300 evaluated`), await page.text("#next-readout"));
  const command = await page.text("#command");
  for (const part of ["--fix 6=nor_conv_3x3", "--forbid none", "--prefer 4=skip_connect",
    "--truth truth.csv", "--max=ms=5", "--start '|"]) {
    assert.ok(command.includes(part), command);
  }
  assert.ok(!command.includes("--html") && !command.includes(folder), command);
  const words = command.replaceAll("\\\n", " ").trim().split(/\s+/)
    .map((word) => word.replace(/^'(.*)'$/s, "$1")).slice(1);
  run([...words, "--csv", "next.csv", "--quiet"]);
  const next = read("next.csv");
  assert.equal(next.length, 300);
  for (const { arch } of next) {
    assert.ok(has(arch, 6, "nor_conv_3x3") && !partsOf(arch).includes("none"), arch);
  }
  const best = Math.max(...wished.map((row) => Number(row.acc)));
  assert.equal(Number(next[0].acc), best);
  // The address keeps the wishes.
  const address = await page.evaluate("location.href");
  const again = await browser.open(address);
  await ready(again);
  assert.equal(await again.text("#command"), command);
  assert.equal(await again.text("#wish-state"), "3 wishes");
  await page.evaluate(`[...document.querySelectorAll("#arch-controls button")][0].click()`);
  assert.ok((await page.text("#arch-count")).endsWith(` of ${wished.length}`));
  await page.click("#clear");
  assert.equal(await page.text("#arch-count"), "1\u201320 of 300");
  assert.ok(!(await page.evaluate("location.href")).includes("fix"));
}

async function showsAnotherSearch(page) {
  await page.choose("#study", "random");
  await ready(page);
  assert.match(await page.text("#eyebrow"), /random$/);
  // Nothing is preferred where all have equal chances.
  const buttons = await page.evaluate(`[...new Set([...document.querySelectorAll(
    ".wish button")].map((b) => b.textContent))]`);
  assert.deepEqual(buttons, ["Fix", "Forbid"]);
  assert.match(await page.text("#command"), /--algorithm random/);
}

async function keepsTheRules(browser, url) {
  const page = await browser.open(url);
  await ready(page);
  await page.evaluate(`(${prepareRules})()`);
  await keepsRulesAtWidths(page);
  // Each change redraws all charts; reading them back is what browsers warn of.
  for (const dark of [false, true]) {
    await page.evaluate("window.drawnTexts = []; window.noteTexts = true");
    await page.send("Emulation.setEmulatedMedia", { features: [
      { name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
    await page.until("window.drawnTexts.some((t) => t.chart === 'tradeoff')");
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.deepEqual(await page.evaluate(
      "window.drawnTexts.filter((t) => t.ratio < 4.5)"), []);
  }
}

/** Several objectives, and a front. */
async function showsAFront(browser) {
  run(["search", "--space", "nats-tss", "--truth", "truth.csv", "--by", "acc,-ms",
    "--algorithm", "nsga2", "--evaluations", "200", "--html", "front.html",
    "--csv", "front.csv", "--quiet"]);
  const rows = read("front.csv");
  const front = rows.filter((a) => !rows.some((b) =>
    Number(b.acc) >= Number(a.acc) && Number(b.ms) <= Number(a.ms) &&
    (Number(b.acc) > Number(a.acc) || Number(b.ms) < Number(a.ms))));
  const page = await browser.open(`file://${join(folder, "front.html")}`);
  await ready(page);
  assert.equal(await page.text("#headline"), `A front of ${front.length} among 200 architectures`);
  await page.choose("#objective", "ms");
  const least = Math.min(...rows.map((row) => Number(row.ms)));
  const shown = await page.text("#detail");
  assert.ok(shown.startsWith("The best by ms"), shown);
  assert.ok(Math.abs(number(/ms ([\d.]+)/.exec(shown)[1]) - least) < 0.001, shown);
  assert.ok((await page.evaluate("location.hash")).includes("objective=ms"));
  assert.deepEqual(page.problems, []);
}

const browser = new Browser(chromium);
try {
  writeTruth();
  run(["search", "--space", "nats-tss", "--truth", join(folder, "truth.csv"), "--by", "acc",
    "--max=ms=5", "--costs", "truth.csv", "--algorithm", "evolution,random",
    "--evaluations", "300", "--html", "search.html", "--csv", "search.csv", "--quiet"]);
  const rows = read("search.csv").filter((row) => row.algorithm === "evolution");
  assert.equal(rows.length, 300);
  const url = `file://${join(folder, "search.html")}`;
  assert.ok(!readFileSync(join(folder, "search.html"), "utf8").includes(folder));
  const page = await browser.open(url);
  await ready(page);
  await browser.send("Browser.setDownloadBehavior",
    { behavior: "allow", downloadPath: folder });
  await showsTheSearch(page, rows);
  await knowsEffects(page, rows);
  await goesOn(browser, page, url, rows);
  await showsAnotherSearch(page);
  assert.deepEqual(page.problems, []);
  assert.deepEqual(page.requests.filter((r) => !/^(data|blob):/.test(r)), [url]);
  await keepsTheRules(browser, url);
  await showsAFront(browser);
  console.log("ok: the page of a search");
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}

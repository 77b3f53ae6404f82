// Figures and tables as files: SVG and PNG on white paper, CSV with all digits,
// LaTeX with the rules of the package booktabs.

function saveFile(name, type, content) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** Letters, digits, dots and underlines of names, joined by a dash. */
function fileName(names, ending) {
  const safe = names.map((name) => String(name).replace(/[^\w.]+/g, "_"));
  return `${safe.join("-")}.${ending}`;
}

function csvField(value) {
  if (value === null || value === undefined || value !== value) return "";
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text;
}

function csvText(lines) {
  return lines.map((line) => `${line.map(csvField).join(",")}\n`).join("");
}

function latexText(text) {
  return String(text).replace(/[\\{}$&#%_~^<>|\u2212\u2013\u25c6]/g, (c) => ({
    "\\": "\\textbackslash{}", "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}", "<": "$<$", ">": "$>$", "|": "$|$",
    [minus]: "$-$", "\u2013": "--", "\u25c6": "" })[c] ?? `\\${c}`);
}

/** Lines of texts, the first a header, as a tabular. */
function latexTable(lines, about) {
  const row = (line) => `${line.map(latexText).join(" & ")} \\\\`;
  return [`% ${about.replaceAll("\n", " ")}`,
    `\\begin{tabular}{l${"r".repeat(lines[0].length - 1)}}`, "\\toprule",
    row(lines[0]), "\\midrule", ...lines.slice(1).map(row), "\\bottomrule",
    "\\end{tabular}", ""].join("\n");
}

function markdownTable(lines) {
  const row = (line) => `| ${line.map((text) =>
    String(text).replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = `|${lines[0].map((_, i) => (i === 0 ? "---" : "---:")).join("|")}|`;
  return [row(lines[0]), rule, ...lines.slice(1).map(row), ""].join("\n");
}

/** Draws a chart anew, on white and as wide as it is, and hands it on. */
function onPaper(made, ratio, work) {
  const { clientWidth, clientHeight } = made.element;
  const holder = el("div", { class: "offscreen", "aria-hidden": "true",
    style: `width:${clientWidth}px;height:${clientHeight}px` });
  document.body.append(holder);
  taking = true;
  let chart = null;
  try {
    chart = echarts.init(holder, null, { renderer: "canvas", devicePixelRatio: ratio });
    return work(chart, () => {
      made.drawInto(chart);
      chart.getZr().refreshImmediately();
    });
  } finally {
    taking = false;
    chart?.dispose();
    holder.remove();
  }
}

function chartSvg(made) {
  const { clientWidth, clientHeight } = made.element;
  return onPaper(made, 1, (chart, draw) =>
    recordSvg(clientWidth, clientHeight, "#ffffff", draw));
}

function chartPng(made) {
  const url = onPaper(made, 3, (chart, draw) => {
    draw();
    return chart.getDataURL({ type: "png", pixelRatio: 3, backgroundColor: "#ffffff" });
  });
  const bytes = atob(url.slice(url.indexOf(",") + 1));
  return Uint8Array.from(bytes, (c) => c.charCodeAt(0));
}

function saveButtons(id, what, actions) {
  byId(`${id}-save`).replaceChildren(el("span", {}, "Save"),
    ...actions.map(([name, action]) => el("button", { type: "button",
      "aria-label": `Save ${what} as ${name}`, onclick: action }, name)));
}

/** Buttons below a chart: `names()` are the parts of a file's name, `lines()`
    the numbers that it shows. */
function figureSaver(id, what, names, lines) {
  const made = charts.find((c) => c.element.id === id);
  saveButtons(id, what, [
    ["SVG", () => saveFile(fileName(names(), "svg"), "image/svg+xml", chartSvg(made))],
    ["PNG", () => saveFile(fileName(names(), "png"), "image/png", chartPng(made))],
    ["CSV", () => saveFile(fileName(names(), "csv"), "text/csv", csvText(lines()))]]);
}

/** Buttons below a table: `cells()` are its texts, `lines()` its numbers. */
function tableSaver(id, what, names, cells, lines, about) {
  saveButtons(id, what, [
    ["CSV", () => saveFile(fileName(names(), "csv"), "text/csv", csvText(lines()))],
    ["LaTeX", () => saveFile(fileName(names(), "tex"), "application/x-tex",
      latexTable(cells(), `${about()}; made by ${root.program}`))],
    ["Markdown", () => saveFile(fileName(names(), "md"), "text/markdown",
      markdownTable(cells()))]]);
}

/** What a key says, drawn above a chart that goes to a file. */
function keySeries(entries) {
  if (!taking || entries.length === 0) return [];
  const width = entries.map((entry) => longestName([entry.text]) + 30);
  return [{ type: "custom", silent: true, clip: false, z: 9, data: [[0, 0]],
    encode: { x: 0, y: 1 }, renderItem: (params) => {
      let x = params.coordSys.x;
      return { type: "group", children: entries.flatMap((entry, i) => {
        const left = x;
        x += width[i];
        return [{ type: "rect", style: { fill: entry.colour },
          shape: { x: left, y: entry.line ? 11 : 8, width: 12, height: entry.line ? 3 : 9 } },
        { type: "text", style: { text: entry.text, x: left + 17, y: 12.5,
          fill: palette().ink, fontSize: 12, verticalAlign: "middle" } }];
      }) };
    } }];
}

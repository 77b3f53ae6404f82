// A drawing of a NATS-TSS cell from its spec string.

const cellPattern = new RegExp(
  "^\\|(\\w+)~0\\|\\+\\|(\\w+)~0\\|(\\w+)~1\\|\\+" +
  "\\|(\\w+)~0\\|(\\w+)~1\\|(\\w+)~2\\|$");

const operations = {
  nor_conv_3x3: { text: "3\u00d73", width: 3.4 },
  nor_conv_1x1: { text: "1\u00d71", width: 2 },
  avg_pool_3x3: { text: "avg", width: 2, dash: "2 3" },
  skip_connect: { text: "skip", width: 1.4, dash: "6 3" },
};

/** [from, to, path, place of its text] of the edges in the spec's order. */
const cellEdges = [
  [0, 1, "M24,70 L84,70", 54, 70],
  [0, 2, "M24,70 Q84,-2 148,70", 86, 34],
  [1, 2, "M84,70 L148,70", 116, 70],
  [0, 3, "M24,70 C60,-46 172,-46 212,70", 118, -10],
  [1, 3, "M84,70 Q148,142 212,70", 148, 106],
  [2, 3, "M148,70 L212,70", 180, 70],
];

/** An SVG element, or null for specs of other spaces. */
function drawCell(spec) {
  const found = cellPattern.exec(spec);
  if (!found) return null;
  const names = found.slice(1);
  const svg = svgEl("svg", {
    class: "cell", viewBox: "0 -26 236 144", width: 236, height: 144,
    role: "img", "aria-label": `cell ${spec}`,
  });
  const colours = palette().operations;
  cellEdges.forEach(([, , path, x, y], i) => {
    if (names[i] === "none") return;
    const operation =
      operations[names[i]] ?? { text: names[i], width: 1.5, dash: "1 2" };
    svg.append(svgEl("path", {
      class: "edge", d: path, stroke: colours[names[i]] ?? colours.other,
      style: `stroke-width:${operation.width}`,
      "stroke-dasharray": operation.dash ?? "none",
    }));
    svg.append(svgEl("text",
      { class: "behind", x, y: y + 3.5, "text-anchor": "middle" },
      operation.text));
  });
  [24, 84, 148, 212].forEach((x, node) => {
    svg.append(svgEl("circle", { class: "node", cx: x, cy: 70, r: 11.5 }));
    svg.append(svgEl("text", { x, y: 73.5, "text-anchor": "middle" },
      ["in", "1", "2", "out"][node]));
  });
  return svg;
}

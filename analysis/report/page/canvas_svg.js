// What a chart draws on a canvas, written down as SVG: a stand-in for the
// context of a canvas, as far as ECharts uses it.

function fixed(value) {
  return String(Math.round(value * 100) / 100);
}

function xmlText(text) {
  return String(text).replace(/[&<>"]/g, (c) =>
    ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;" })[c]);
}

class SvgContext {
  /** `real` measures text. */
  constructor(canvas, real) {
    this.canvas = canvas;
    this.real = real;
    this.body = [];
    this.stack = [];
    this.dpr = 1;
    Object.assign(this, { fillStyle: "#000", strokeStyle: "#000", lineWidth: 1,
      globalAlpha: 1, font: "10px sans-serif", textAlign: "start",
      textBaseline: "alphabetic", lineCap: "butt", lineJoin: "miter",
      miterLimit: 10, lineDashOffset: 0, shadowBlur: 0, shadowColor: "",
      shadowOffsetX: 0, shadowOffsetY: 0, globalCompositeOperation: "source-over" });
    this.matrix = [1, 0, 0, 1, 0, 0];
    this.dash = [];
    this.clipId = null;
    this.path = [];
  }

  save() {
    const { fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign,
      textBaseline, lineCap, lineJoin, lineDashOffset, matrix, dash, clipId } = this;
    this.stack.push({ fillStyle, strokeStyle, lineWidth, globalAlpha, font,
      textAlign, textBaseline, lineCap, lineJoin, lineDashOffset,
      matrix: [...matrix], dash: [...dash], clipId });
  }

  restore() {
    Object.assign(this, this.stack.pop() ?? {});
  }

  setTransform(a, b, c, d, e, f) {
    this.matrix = [a, b, c, d, e, f];
  }

  resetTransform() {
    this.setTransform(1, 0, 0, 1, 0, 0);
  }

  transform(a, b, c, d, e, f) {
    const [A, B, C, D, E, F] = this.matrix;
    this.matrix = [A * a + C * b, B * a + D * b, A * c + C * d, B * c + D * d,
      A * e + C * f + E, B * e + D * f + F];
  }

  translate(x, y) {
    this.transform(1, 0, 0, 1, x, y);
  }

  scale(x, y) {
    this.transform(x, 0, 0, y, 0, 0);
  }

  rotate(angle) {
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    this.transform(c, s, -s, c, 0, 0);
  }

  at_(x, y) {
    const [a, b, c, d, e, f] = this.matrix;
    return `${fixed(a * x + c * y + e)} ${fixed(b * x + d * y + f)}`;
  }

  /** What keeps an element within the clip. */
  clip_() {
    return this.clipId ? ` clip-path="url(#${this.clipId})"` : "";
  }

  beginPath() {
    this.path = [];
  }

  moveTo(x, y) {
    this.path.push(`M${this.at_(x, y)}`);
  }

  lineTo(x, y) {
    this.path.push(`${this.path.length ? "L" : "M"}${this.at_(x, y)}`);
  }

  bezierCurveTo(x1, y1, x2, y2, x, y) {
    this.path.push(`C${this.at_(x1, y1)} ${this.at_(x2, y2)} ${this.at_(x, y)}`);
  }

  quadraticCurveTo(x1, y1, x, y) {
    this.path.push(`Q${this.at_(x1, y1)} ${this.at_(x, y)}`);
  }

  closePath() {
    this.path.push("Z");
  }

  rect(x, y, width, height) {
    this.moveTo(x, y);
    this.lineTo(x + width, y);
    this.lineTo(x + width, y + height);
    this.lineTo(x, y + height);
    this.closePath();
  }

  arc(x, y, radius, from, to, back = false) {
    this.ellipse(x, y, radius, radius, 0, from, to, back);
  }

  /** By cubic curves over an eighth of a turn, right to 1e-6 of the radius. */
  ellipse(x, y, rx, ry, turn, from, to, back = false) {
    const full = 2 * Math.PI;
    let sweep = to - from;
    if (Math.abs(sweep) >= full) sweep = back ? -full : full;
    else if (!back && sweep < 0) sweep += full;
    else if (back && sweep > 0) sweep -= full;
    const steps = Math.max(1, Math.ceil(Math.abs(sweep) / (Math.PI / 4)));
    const step = sweep / steps;
    const k = (4 / 3) * Math.tan(step / 4);
    const [c, s] = [Math.cos(turn), Math.sin(turn)];
    const place = (u, v) => [x + rx * u * c - ry * v * s, y + rx * u * s + ry * v * c];
    this.lineTo(...place(Math.cos(from), Math.sin(from)));
    for (let i = 0; i < steps; ++i) {
      const [p, q] = [from + i * step, from + (i + 1) * step];
      this.bezierCurveTo(
        ...place(Math.cos(p) - k * Math.sin(p), Math.sin(p) + k * Math.cos(p)),
        ...place(Math.cos(q) + k * Math.sin(q), Math.sin(q) - k * Math.cos(q)),
        ...place(Math.cos(q), Math.sin(q)));
    }
  }

  put_(element) {
    const clip = this.clip_();
    this.body.push(element.replace("%clip", clip));
  }

  alpha_(name) {
    return this.globalAlpha < 1 ? ` ${name}="${fixed(this.globalAlpha)}"` : "";
  }

  /** How much longer a length gets. */
  stretch_() {
    const [a, b, c, d] = this.matrix;
    return Math.sqrt(Math.abs(a * d - b * c));
  }

  fill() {
    if (this.path.length === 0) return;
    this.put_(`<path d="${this.path.join("")}" fill="${xmlText(this.fillStyle)}"${this.alpha_("fill-opacity")}%clip/>`);
  }

  stroke() {
    if (this.path.length === 0) return;
    const k = this.stretch_();
    const dash = this.dash.length
      ? ` stroke-dasharray="${this.dash.map((d) => fixed(d * k)).join(" ")}"` : "";
    this.put_(`<path d="${this.path.join("")}" fill="none" stroke="${xmlText(this.strokeStyle)}" stroke-width="${fixed(this.lineWidth * k)}" stroke-linecap="${this.lineCap}" stroke-linejoin="${this.lineJoin}"${dash}${this.alpha_("stroke-opacity")}%clip/>`);
  }

  /** Thousands of dots are rectangles: those of one style share a group. */
  fillRect(x, y, width, height) {
    const clip = this.clip_();
    const style = `fill="${xmlText(this.fillStyle)}"${this.alpha_("fill-opacity")}${clip}`;
    const [a, b, c, d] = this.matrix;
    const box = b === 0 && c === 0
      ? `M${this.at_(x, y)}h${fixed(width * a)}v${fixed(height * d)}h${fixed(-width * a)}z`
      : `M${this.at_(x, y)}L${this.at_(x + width, y)}L${this.at_(x + width, y + height)}L${this.at_(x, y + height)}Z`;
    const last = this.body[this.body.length - 1];
    if (last?.style === style) last.boxes.push(box);
    else this.body.push({ style, boxes: [box] });
  }

  strokeRect(x, y, width, height) {
    const kept = this.path;
    this.path = [];
    this.rect(x, y, width, height);
    this.stroke();
    this.path = kept;
  }

  clearRect() {}

  clip() {
    const id = `clip${SvgContext.last = (SvgContext.last ?? 0) + 1}`;
    const outer = this.clip_();
    this.body.push(`<clipPath id="${id}"${outer}><path d="${this.path.join("")}"/></clipPath>`);
    this.clipId = id;
  }

  setLineDash(dash) {
    this.dash = [...dash];
  }

  getLineDash() {
    return [...this.dash];
  }

  measureText(text) {
    this.real.font = this.font;
    return this.real.measureText(text);
  }

  text_(text, x, y, paint) {
    const anchor = { center: "middle", right: "end", end: "end" }[this.textAlign] ?? "start";
    const measured = this.measureText("x");
    const size = Number(/([\d.]+)px/.exec(this.font)[1]);
    const shift = { middle: 0.35 * size, top: 0.8 * size,
      hanging: 0.8 * size, bottom: -(measured.fontBoundingBoxDescent ?? 0.2 * size) }[this.textBaseline] ?? 0;
    const weight = /\b(bold|\d00)\b/.exec(this.font)?.[1];
    const family = this.font.slice(this.font.indexOf("px") + 2).trim();
    const place = this.matrix.map(fixed).join(" ");
    this.put_(`<text transform="matrix(${place})" x="${fixed(x)}" y="${fixed(y + shift)}" text-anchor="${anchor}" font-size="${size}" font-family="${xmlText(family)}"${weight ? ` font-weight="${weight}"` : ""} ${paint}%clip>${xmlText(text)}</text>`);
  }

  fillText(text, x, y) {
    this.text_(text, x, y, `fill="${xmlText(this.fillStyle)}"${this.alpha_("fill-opacity")}`);
  }

  strokeText(text, x, y) {
    this.text_(text, x, y, `fill="none" stroke="${xmlText(this.strokeStyle)}" stroke-width="${fixed(this.lineWidth)}"`);
  }
}

/** What `draw()` draws on canvases of the size, as an SVG document. */
function recordSvg(width, height, background, draw) {
  const contexts = [];
  const own = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
    const real = own.call(this, kind, ...more);
    if (kind !== "2d" || !this.closest?.(".offscreen")) return real;
    const known = contexts.find((c) => c.canvas === this);
    if (known) return known;
    const made = new SvgContext(this, real);
    contexts.push(made);
    return made;
  };
  try {
    draw();
  } finally {
    HTMLCanvasElement.prototype.getContext = own;
  }
  const body = contexts.flatMap((c) => c.body).map((part) =>
    typeof part === "string" ? part
      : `<g ${part.style}>${part.boxes.map((d) => `<path d="${d}"/>`).join("")}</g>`)
    .join("\n");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">\n<rect width="100%" height="100%" fill="${background}"/>\n${body}\n</svg>\n`;
}

// What a page has to keep so that everybody can use it: the rules of axe-core
// that apply to it (WCAG 2.2 A and AA), by hand. `findFaults` runs in the page.
import assert from "node:assert/strict";

/** Sentences, one a fault; empty where all is well. */
export function findFaults() {
  const faults = [];
  const say = (rule, element) => faults.push(
    `${rule}: ${element?.outerHTML?.slice(0, 110) ?? element}`);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const isSeen = (element) => element.checkVisibility(
    { checkOpacity: true, checkVisibilityCSS: true }) &&
    element.getBoundingClientRect().width > 0;

  // Width.
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) {
    say("horizontal scroll", `${document.documentElement.scrollWidth} > ${width}`);
  }
  for (const element of all("input, select, button, figure, .chart, h1, p")) {
    const box = element.getBoundingClientRect();
    const scrolls = element.closest(".scroll, nav, .skip");
    if (isSeen(element) && !scrolls && (box.left < 0 || box.right > width + 0.5)) {
      say("does not fit", element);
    }
  }

  // Names of controls, pictures and regions.
  const textOf = (element) => (element?.textContent ?? "").trim();
  const nameOf = (element) => element.getAttribute("aria-label") ||
    (element.getAttribute("aria-labelledby") ?? "").split(" ")
      .map((id) => textOf(document.getElementById(id))).join(" ").trim() ||
    textOf(element.closest("label")).replace(textOf(element), "").trim() ||
    (element.matches("button, a, summary") ? textOf(element) : "");
  for (const element of all("button, select, input, a, summary, [role], nav, svg")) {
    if (element.closest("svg") !== element && element.closest("svg")) continue;
    if (["status"].includes(element.getAttribute("role"))) continue;
    if (isSeen(element) && nameOf(element) === "") say("has no name", element);
  }

  // Structure.
  if (!document.documentElement.lang) say("no language", "html");
  if (document.title === "") say("no title", "html");
  if (/maximum-scale|user-scalable/.test(
    document.querySelector("meta[name=viewport]").content)) say("no zoom", "meta");
  for (const [selector, count] of [["main", 1], ["body > header", 1],
    ["body > footer", 1], ["h1", 1], ["nav", 1]]) {
    if (all(selector).length !== count) say(`expected ${count}`, selector);
  }
  for (const element of document.body.children) {
    if (!element.matches("header, main, footer, script, noscript, .skip")) {
      say("outside of all landmarks", element);
    }
  }
  let level = 0;
  for (const heading of all("h1, h2, h3, h4").filter(isSeen)) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) say("heading skips a level", heading);
    level = own;
  }
  const ids = all("[id]").map((element) => element.id);
  for (const id of ids.filter((id, i) => ids.indexOf(id) !== i)) say("id twice", id);
  for (const attribute of ["aria-labelledby", "aria-describedby", "for"]) {
    for (const element of all(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute).split(" ")) {
        if (!document.getElementById(id)) say(`${attribute} of nothing`, element);
      }
    }
  }
  for (const element of all("[tabindex]")) {
    if (element.tabIndex > 0) say("tabindex above 0", element);
  }
  for (const head of all("table:not([hidden]) th")) {
    if (!head.scope && !head.closest(".tip")) say("th without scope", head);
    if (textOf(head) === "") say("empty th", head);
  }
  for (const element of all("dl")) {
    if (!element.querySelector("dt")) say("dl without dt", element);
  }
  for (const element of all("*").filter(isSeen)) {
    const overflow = getComputedStyle(element).overflowX;
    if (!["auto", "scroll"].includes(overflow)) continue;
    if (element.scrollWidth <= element.clientWidth + 1) continue;
    const reached = element.tabIndex === 0 || element.querySelector("a, button");
    if (!reached) say("scrolls, but not by keys", element);
  }

  // Size of targets (WCAG 2.5.8): 24 by 24 pixels, links within text aside.
  for (const element of all("button, select, input, a, summary").filter(isSeen)) {
    const box = element.getBoundingClientRect();
    if (element.closest(".skip")) continue;
    if (box.width < 23.5 || box.height < 23.5) {
      say(`target of ${Math.round(box.width)} x ${Math.round(box.height)}`, element);
    }
  }

  // Contrast of text (WCAG 1.4.3).
  const parse = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    const scale = colour.startsWith("color(") ? 255 : 1;
    return [r * scale, g * scale, b * scale, a];
  };
  const over = (top, below) => below.slice(0, 3).map((c, i) =>
    top[i] * top[3] + c * (1 - top[3])).concat(1);
  const backgroundOf = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      layers.push(parse(getComputedStyle(at).backgroundColor));
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === "" || element.matches("script, style, noscript")) continue;
    if (!isSeen(element) || element.closest(":disabled, .skip, option, optgroup")) continue;
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const below = backgroundOf(element);
    const svg = element.closest("svg");
    const ratio = window.contrastOf(over(parse(svg ? style.fill : style.color), below), below);
    if (ratio < (large ? 3 : 4.5)) say(`contrast ${ratio.toFixed(2)} of "${node.data.trim().slice(0, 20)}"`, element);
  }
  // Of the edges of controls (WCAG 1.4.11).
  for (const element of all("select, input[type=text], input[type=number]").filter(isSeen)) {
    const below = backgroundOf(element.parentElement);
    const ratio = window.contrastOf(parse(getComputedStyle(element).borderTopColor), below);
    if (ratio < 3) say(`edge's contrast ${ratio.toFixed(2)}`, element);
  }
  return faults;
}

/** Puts into the page what the rules need, and notes the contrast of every text
    that is drawn on a canvas: with the most frequent colour where it lands. */
export function prepareRules() {
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  window.contrastOf = (one, other) => {
    const [a, b] = [luminance(one), luminance(other)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  window.drawnTexts = [];
  window.noteTexts = false;
  const own = CanvasRenderingContext2D.prototype.fillText;
  const hex = (text) => text.startsWith("#")
    ? [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16))
    : text.match(/[\d.]+/g).map(Number);
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...more) {
    if (window.noteTexts && this.canvas.isConnected && String(text).trim() !== "") {
      const at = this.getTransform().transformPoint(new DOMPoint(x, y));
      const { data } = this.getImageData(at.x - 4, at.y - 4, 9, 9);
      const seen = new Map();
      for (let i = 0; i < data.length; i += 4) {
        const key = data[i + 3] < 250 ? "paper" : [...data.slice(i, i + 3)].join(" ");
        seen.set(key, (seen.get(key) ?? 0) + 1);
      }
      const [most] = [...seen].sort((p, q) => q[1] - p[1])[0];
      const below = most === "paper"
        ? getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number)
        : most.split(" ").map(Number);
      window.drawnTexts.push({ text: String(text), chart: this.canvas.closest(".chart")?.id,
        ratio: window.contrastOf(hex(this.fillStyle), below) });
    }
    return own.call(this, text, x, y, ...more);
  };
}

/** Finds no fault from a phone to a wall, light or dark; `look(dark)` looks at
    each as well. `page` has run prepareRules(). */
export async function keepsRulesAtWidths(page, look = async () => {}) {
  for (const width of [360, 768, 1280, 2200]) {
    for (const dark of [false, true]) {
      await page.send("Emulation.setDeviceMetricsOverride",
        { width, height: 900, deviceScaleFactor: 1, mobile: false });
      await page.send("Emulation.setEmulatedMedia", { features: [
        { name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
      await new Promise((resolve) => setTimeout(resolve, 400));
      await look(dark);
      const faults = await page.evaluate(`(${findFaults})()`);
      assert.deepEqual(faults, [], `${width} px, ${dark ? "dark" : "light"}`);
    }
  }
  assert.deepEqual(page.problems, []);
}

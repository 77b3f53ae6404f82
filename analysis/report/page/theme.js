// Light and dark, and the colours of charts. All hues are told apart with any
// colour vision (Okabe and Ito; viridis); what decides also has a shape.

const themes = {
  light: {
    ink: "#1c2329", muted: "#57636d", rule: "#dde2e6", panel: "#ffffff",
    paper: "#fbfbf9", accent: "#0b5cad", rival: "#b3361b", grey: "#9aa5ae",
    pale: "rgba(130,142,152,.20)", faint: "rgba(120,132,142,.42)", dot: "#0b5cad",
    series: ["#0072b2", "#d98b00", "#009e73", "#b0568c", "#3aa0d8", "#7a6a00"],
    ramp: ["#e8a800", "#86b833", "#1f9e89", "#277f8e", "#39568c", "#440154"],
    zero: [250, 250, 250], low: [179, 88, 6], high: [16, 78, 139],
    operations: {
      nor_conv_3x3: "#0072b2", nor_conv_1x1: "#009e73",
      avg_pool_3x3: "#d98b00", skip_connect: "#57636d", other: "#b0568c",
    },
  },
  dark: {
    ink: "#e5eaee", muted: "#9aa8b3", rule: "#2d363e", panel: "#181d22",
    paper: "#12161a", accent: "#6fb3f5", rival: "#ff9678", grey: "#6d7983",
    pale: "rgba(150,165,178,.16)", faint: "rgba(150,165,178,.42)", dot: "#6fb3f5",
    series: ["#56b4e9", "#f0b429", "#2fd0a0", "#e58fc0", "#4f8fe0", "#d8d06a"],
    ramp: ["#6a51a3", "#3f6fb0", "#2a93a0", "#35b779", "#90d743", "#fde725"],
    zero: [38, 45, 52], low: [240, 150, 70], high: [105, 175, 245],
    operations: {
      nor_conv_3x3: "#56b4e9", nor_conv_1x1: "#2fd0a0",
      avg_pool_3x3: "#f0b429", skip_connect: "#9aa8b3", other: "#e58fc0",
    },
  },
};

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
let printing = false;
/** Whether a chart is being drawn for a file. */
let taking = false;
const charts = [];

function themeName() {
  if (printing || taking) return "light";
  if (remembered.theme !== "auto") return remembered.theme;
  return prefersDark.matches ? "dark" : "light";
}

function palette() {
  return themes[themeName()];
}

function setThemeColours() {
  document.documentElement.dataset.theme = themeName();
  byId("theme").textContent = `Theme: ${remembered.theme}`;
}

function nextTheme() {
  const order = prefersDark.matches
    ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
  remembered.theme = order[(order.indexOf(remembered.theme) + 1) % order.length];
  applyTheme();
}

/** A chart in the element of that id; `draw(chart)` sets its options anew. */
function makeChart(id, draw) {
  const element = byId(id);
  const chart = echarts.init(element, null, {
    renderer: "canvas",
    devicePixelRatio: Math.max(2, window.devicePixelRatio),
  });
  charts.push({ element, chart, draw: () => draw(chart), drawInto: draw });
  return chart;
}

/** What all charts have in common; sizes in pixels. */
function chartBase() {
  const colours = palette();
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    tooltip: {
      confine: true,
      backgroundColor: colours.panel,
      borderColor: colours.rule,
      textStyle: { color: colours.ink, fontSize: 12.5 },
    },
  };
}

function axisStyle(name) {
  const colours = palette();
  return {
    name,
    nameTextStyle: { color: colours.muted, fontSize: 12.5 },
    axisLabel: { color: colours.muted, fontSize: 12, hideOverlap: true },
    axisLine: { show: false, onZero: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: colours.rule }, showMinLine: false,
      showMaxLine: false },
  };
}

/** Steps: what holds at a point holds until the next one. One shape for all of
    them, since a line of ECharts leaves out moves of less than two pixels and
    joins what lies around them by a slope. */
function stepSeries(points, { color, width }, more = {}) {
  const renderItem = (params, api) => {
    if (params.dataIndex > 0) return null;
    const corners = [];
    for (const [x, y] of points.map((point) => api.coord(point))) {
      if (corners.length > 0) corners.push([x, corners[corners.length - 1][1]]);
      corners.push([x, y]);
    }
    return { type: "polyline", shape: { points: corners },
      style: { fill: "none", stroke: color, lineWidth: width, lineJoin: "bevel" } };
  };
  return { type: "custom", silent: true, clip: true, renderItem, data: points, ...more };
}

/** -1 orange, 0 the paper's own, 1 blue. */
function divergingColour(value) {
  const colours = palette();
  const end = value < 0 ? colours.low : colours.high;
  const part = Math.min(1, Math.abs(value));
  const mix = colours.zero.map((z, i) => Math.round(z + (end[i] - z) * part));
  return `rgb(${mix.join(",")})`;
}

/** Black or white, whichever is told better from "rgb(r,g,b)" (relative
    luminance of WCAG 2). */
function textOn(colour) {
  const [r, g, b] = colour.match(/\d+/g).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
}

/** Redraws the charts when the page gets another width, and what depends on
    light or dark when that changes; `print(on)` before and after printing. All
    until something else is shown, as other listeners with what is returned. */
function watchPage(print) {
  let timer = 0;
  let width = document.querySelector("main").clientWidth;
  const observer = new ResizeObserver(([entry]) => {
    const now = entry.target.clientWidth;
    if (now === width) return;
    width = now;
    clearTimeout(timer);
    timer = setTimeout(() => {
      for (const { chart, draw } of charts) {
        chart.resize();
        draw();
      }
    }, 60);
  });
  observer.observe(document.querySelector("main"));
  const signal = { signal: ended };
  prefersDark.addEventListener("change", applyTheme, signal);
  addEventListener("beforeprint", () => print(true), signal);
  addEventListener("afterprint", () => print(false), signal);
  ended.addEventListener("abort", () => {
    clearTimeout(timer);
    observer.disconnect();
    for (const { chart } of charts) chart.dispose();
  });
  return signal;
}

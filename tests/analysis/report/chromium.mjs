// Chromium over its debugging pipe: no package, no port.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
  "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-extensions",
  "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe"];

export class Browser {
  constructor(path) {
    this.profile = mkdtempSync(join(tmpdir(), "zcp-chromium-"));
    this.process = spawn(path, [...flags, `--user-data-dir=${this.profile}`],
      { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.ended = new Promise((resolve) => this.process.on("exit", resolve));
    this.waiting = new Map();
    this.listeners = [];
    this.last = 0;
    let rest = "";
    this.process.stdio[4].on("data", (bytes) => {
      const messages = (rest + bytes).split("\0");
      rest = messages.pop();
      for (const text of messages) this.receive(JSON.parse(text));
    });
  }

  receive(message) {
    const { id, error, result } = message;
    if (id === undefined) {
      for (const listener of this.listeners) listener(message);
      return;
    }
    const { resolve, reject } = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) reject(new Error(error.message));
    else resolve(result);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.last;
    this.process.stdio[3].write(
      `${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
    });
  }

  async open(url, { width = 1280, height = 900, dark = false } = {}) {
    const { targetId } = await this.send("Target.createTarget",
      { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget",
      { targetId, flatten: true });
    const page = new Page(this, sessionId);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) {
      await page.send(`${domain}.enable`);
    }
    await page.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.send("Emulation.setDeviceMetricsOverride",
      { width, height, deviceScaleFactor: 1, mobile: false });
    await page.send("Emulation.setEmulatedMedia", { features: [
      { name: "prefers-color-scheme", value: dark ? "dark" : "light" }] });
    await page.send("Page.navigate", { url });
    return page;
  }

  async close() {
    await this.send("Browser.close").catch(() => {});
    await this.ended;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

class Page {
  constructor(browser, sessionId) {
    this.browser = browser;
    this.sessionId = sessionId;
    this.problems = [];  // what the console says, exceptions
    this.requests = [];
    browser.listeners.push(({ method, params, sessionId: from }) => {
      if (from !== sessionId) return;
      if (method === "Runtime.consoleAPICalled") {
        this.problems.push(params.args.map((a) => a.value).join(" "));
      } else if (method === "Runtime.exceptionThrown") {
        const { text, exception } = params.exceptionDetails;
        this.problems.push(exception?.description ?? text);
      } else if (method === "Log.entryAdded") {
        this.problems.push(params.entry.text);
      } else if (method === "Network.requestWillBeSent") {
        this.requests.push(params.request.url);
      }
    });
  }

  send(method, params) {
    return this.browser.send(method, params, this.sessionId);
  }

  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate",
      { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) {
      throw new Error(`${expression}: ${exceptionDetails.exception.description}`);
    }
    return result.value;
  }

  async until(expression, seconds = 60) {
    const end = Date.now() + 1000 * seconds;
    while (!(await this.evaluate(expression))) {
      if (Date.now() > end) throw new Error(`waited in vain: ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  text(selector) {
    return this.evaluate(
      `document.querySelector(${JSON.stringify(selector)}).textContent`);
  }

  click(selector) {
    return this.evaluate(
      `document.querySelector(${JSON.stringify(selector)}).click()`);
  }

  /** Chooses an option by its text. */
  choose(selector, text) {
    return this.evaluate(`(() => {
      const select = document.querySelector(${JSON.stringify(selector)});
      const option = [...select.options].find(
        (o) => o.textContent === ${JSON.stringify(text)});
      select.value = option.value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    })()`);
  }

  mouse(type, x, y, more = {}) {
    return this.send("Input.dispatchMouseEvent", { type, x, y,
      button: type === "mouseMoved" && !more.buttons ? "none" : "left",
      clickCount: 1, ...more });
  }

  /** The box of an element in the window, scrolled to its middle. */
  box(selector) {
    return this.evaluate(`(async () => {
      const element = document.querySelector(${JSON.stringify(selector)});
      element.scrollIntoView({ block: "center", behavior: "instant" });
      await new Promise((r) => requestAnimationFrame(() => setTimeout(r)));
      const { x, y, width, height } = element.getBoundingClientRect();
      return { x, y, width, height };
    })()`);
  }

  /** Drags over a part of an element; bounds are shares of its box. */
  async drag(selector, [x0, y0], [x1, y1]) {
    const { x, y, width, height } = await this.box(selector);
    const at = (share) => [x + width * (x0 + (x1 - x0) * share),
      y + height * (y0 + (y1 - y0) * share)];
    await this.mouse("mouseMoved", ...at(0));
    await this.mouse("mousePressed", ...at(0));
    for (const share of [0.25, 0.5, 0.75, 1]) {
      await this.mouse("mouseMoved", ...at(share), { buttons: 1 });
    }
    await this.mouse("mouseReleased", ...at(1));
  }
}

// What the tests of the page share: a browser, and a desk with a centre that plays along.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { after, before } from "node:test";
import { launch, missing } from "./browser.mjs";
import { FakeCentre } from "./fake_centre.mjs";

if (missing) {
  console.error(missing);
  process.exit(1);
}

export const shots = process.env.ANBAN_PAGE_SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

// Every tone that the page starts, by its pitch.
function listenToTones() {
  window.tones = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (when) {
    window.tones.push(Math.round(this.frequency.value));
    return start.call(this, when);
  };
}

// A desk with its centre. `faults` collects what the browser complains about; a test ends without any.
export async function desk(run, { language = "zh", width = 1600, height = 900, reduced = false, session = {}, at = "/", use = browser } = {}) {
  const centre = new FakeCentre(session);
  const url = await centre.start();
  const context = await use.newContext({
    viewport: { width, height },
    locale: language === "en" ? "en-US" : "zh-CN",
    reducedMotion: reduced ? "reduce" : "no-preference",
  });
  await context.addInitScript(listenToTones);
  const page = await context.newPage();
  const faults = [];
  const asked = new Set();
  page.on("pageerror", (fault) => faults.push(String(fault)));
  page.on("console", (message) => {
    // A refused or broken request is told by the browser itself; that is part of these tests.
    if (message.type() === "error" && !/Failed to load resource|ERR_/.test(message.text())) faults.push(message.text());
  });
  page.on("request", (request) => asked.add(new URL(request.url()).origin));
  await page.goto(url + at);
  try {
    await run({ centre, page, url, context, row: (id) => page.locator(`.row[data-id="${id}"]`) });
    assert.deepEqual(faults, []);
    assert.deepEqual([...asked], [url], "the page asked another server than its own");
  } catch (fault) {
    if (shots) await page.screenshot({ path: path.join(shots, `fault-${Date.now()}.png`) }).catch(() => undefined);
    throw fault;
  } finally {
    await context.close();
    await centre.stop().catch(() => undefined);
  }
}

export const up = (page) => page.locator('body[data-link="up"]').waitFor();
export const ids = (page, queue) => page.locator(`[data-queue="${queue}"] .row`).evaluateAll((rows) => rows.map((row) => row.dataset.id));
export const ago = (s) => new Date(Date.now() - s * 1000).toISOString();
export const state = (row, wanted) => row.and(row.page().locator(`[data-state="${wanted}"]`)).waitFor({ timeout: 5000 });
export const posts = (centre) => centre.requests.filter((request) => request.method === "POST");

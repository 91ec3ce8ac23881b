// Drives the page as an operator does, for a test that plays the whole chain: a browser, a keyboard, and what
// stands on the screen told as lines of JSON.
//   node drive.mjs --url URL --token T [--lang zh|en]
// Out: {"event":"ready"} · {"event":"row","id","state","stored","presses","at_us","same_document"} when a row
//      appears or changes · {"event":"gone","id","at_us"} · {"event":"loaded","url"} for each document · {"event":"done","line"} or {"event":"failed","line","why"} after each command
// In:  key K · select ID · take ID · on-the-way ID · close ID CODE [NOTE] · screenshot PATH · text · quit
// at_us is the wall clock at the moment when the page's document changed. same_document: the row stands in the
// very document that was ready; a reload would have begun another.
import process from "node:process";
import readline from "node:readline";
import { launch } from "./browser.mjs";

const closing_codes = [
  "real_fall", "sudden_illness", "pressed_by_mistake", "device_false_alarm", "service_request", "test",
  "no_answer_visited", "handed_to_120",
];
const patience_ms = 10_000;

function argument(name) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

// Runs in the page: tells every change of a row at the moment it stands in the document.
function watchRows() {
  const told = new Map();
  const look = () => {
    const at_us = Math.round((performance.timeOrigin + performance.now()) * 1000);
    const here = new Set();
    for (const row of document.querySelectorAll(".row[data-id]")) {
      const { id, state, stored, presses } = row.dataset;
      here.add(id);
      const now = `${state} ${stored} ${presses}`;
      if (told.get(id) === now) continue;
      told.set(id, now);
      window.anbanTell({ event: "row", id, state, stored: stored === "true", presses: Number(presses), at_us, same_document: window.anbanReady === true });
    }
    for (const id of told.keys()) {
      if (here.has(id)) continue;
      told.delete(id);
      window.anbanTell({ event: "gone", id, at_us });
    }
  };
  const begin = () => {
    new MutationObserver(look).observe(document.documentElement, {
      subtree: true, childList: true, attributes: true, attributeFilter: ["data-id", "data-state", "data-stored", "data-presses"],
    });
    look();
  };
  if (document.documentElement) begin();
  else document.addEventListener("readystatechange", begin, { once: true });
}

const row = (page, id) => page.locator(`.row[data-id="${id}"]`);

async function select(page, id) {
  await row(page, id).waitFor({ timeout: patience_ms });
  // By the keyboard as well: down or up until the row is the selected one.
  const most = await page.locator(".row").count();
  await page.keyboard.press("Escape");
  for (let i = 0; i < most; i++) {
    const [selected, wanted] = await page.evaluate((asked) => {
      const rows = [...document.querySelectorAll(".row")];
      return [
        rows.findIndex((each) => each.getAttribute("aria-selected") === "true"),
        rows.findIndex((each) => each.dataset.id === asked),
      ];
    }, id);
    if (selected === wanted) return;
    await page.keyboard.press(selected < wanted ? "j" : "k");
  }
  if ((await row(page, id).getAttribute("aria-selected")) !== "true") throw new Error(`row ${id} could not be selected`);
}

async function until(page, id, state) {
  await page.locator(`.row[data-id="${id}"][data-state="${state}"]`).waitFor({ timeout: patience_ms });
}

async function obey(page, line) {
  const [command, ...rest] = line.split(" ");
  const [id, code, ...note] = rest;
  switch (command) {
    case "key":
      return page.keyboard.press(id);
    case "select":
      return select(page, id);
    case "take":
      await select(page, id);
      await page.keyboard.press("t");
      return until(page, id, "taken");
    case "on-the-way":
      await select(page, id);
      await page.keyboard.press("w");
      return until(page, id, "on_the_way");
    case "close": {
      const key = closing_codes.indexOf(code) + 1;
      if (key === 0) throw new Error(`no closing code '${code}'`);
      await select(page, id);
      await page.keyboard.press("c");
      await page.locator("#closing[open]").waitFor({ timeout: patience_ms });
      await page.keyboard.press(String(key));
      await page.keyboard.type(note.join(" ") || "已联系住户");
      await page.keyboard.press("Enter");
      return until(page, id, "closed");
    }
    case "screenshot":
      return page.screenshot({ path: rest.join(" ") });
    case "text":
      return say({ event: "text", text: await page.locator("body").innerText() });
    default:
      throw new Error(`no command '${command}'`);
  }
}

const url = argument("url");
if (!url) {
  console.error("usage: node drive.mjs --url URL [--token T] [--lang zh|en]");
  process.exit(2);
}
const browser = await launch();
const context = await browser.newContext({
  viewport: { width: 1600, height: 900 },
  locale: argument("lang") === "en" ? "en-US" : "zh-CN",
});
const page = await context.newPage();
page.on("pageerror", (fault) => say({ event: "page_error", what: String(fault) }));
page.on("console", (message) => message.type() === "error" && say({ event: "page_error", what: message.text() }));
page.on("domcontentloaded", () => say({ event: "loaded", url: page.url() }));
await context.exposeFunction("anbanTell", say);
await context.addInitScript(watchRows);
const token = argument("token");
await page.goto(token ? `${url}/login?token=${encodeURIComponent(token)}` : url);
try {
  await page.locator('body[data-link="up"]').waitFor({ timeout: patience_ms });
} catch {
  console.error(`drive.mjs: the desk did not come up at ${page.url()}: ${await page.locator("body").innerText()}`);
  await browser.close();
  process.exit(1);
}
await page.evaluate(() => {
  window.anbanReady = true;
});
say({ event: "ready", url: page.url() });

const lines = readline.createInterface({ input: process.stdin });
for await (const raw of lines) {
  const line = raw.trim();
  if (line === "quit") break;
  if (!line) continue;
  try {
    await obey(page, line);
    say({ event: "done", line });
  } catch (fault) {
    say({ event: "failed", line, why: String(fault.message ?? fault).split("\n")[0] });
  }
}
await browser.close();
process.exit(0);

// The operator's page in a real browser against a centre that plays along. Each test names the duty of
// cloud-bridge/console/README.md that it proves.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { launch, missing } from "./browser.mjs";
import { FakeCentre, fill } from "./fake_centre.mjs";

if (missing) {
  console.error(missing);
  process.exit(1);
}

const shots = process.env.ANBAN_PAGE_SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

// Every tone that the page starts, by its pitch; and every change of sight would be too much to keep.
function listenToTones() {
  window.tones = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (when) {
    window.tones.push(Math.round(this.frequency.value));
    return start.call(this, when);
  };
}

// A desk with its centre. `faults` collects what the browser complains about; a test ends without any.
async function desk(run, { language = "zh", width = 1600, height = 900, reduced = false, session = {}, at = "/", use = browser } = {}) {
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

const up = (page) => page.locator('body[data-link="up"]').waitFor();
const ids = (page, queue) => page.locator(`[data-queue="${queue}"] .row`).evaluateAll((rows) => rows.map((row) => row.dataset.id));
const ago = (s) => new Date(Date.now() - s * 1000).toISOString();
const state = (row, wanted) => row.and(row.page().locator(`[data-state="${wanted}"]`)).waitFor({ timeout: 5000 });
const posts = (centre) => centre.requests.filter((request) => request.method === "POST");

// Most of their time the tests wait for a clock, so several stand beside each other.
describe("the operator's page", { concurrency: 3 }, () => {
  test("alarms stand by priority and age, service requests and tests in lanes of their own [console-3]", () =>
    desk(async ({ centre, page, row }) => {
      const medium = centre.raise({ priority: "medium", raised_at: ago(500) });
      const young = centre.raise({ raised_at: ago(5) });
      const old = centre.raise({ raised_at: ago(90) });
      const service = centre.raise({ queue: "service", priority: "low", raised_at: ago(900) });
      const trial = centre.raise({ test: true, queue: "test", raised_at: ago(900) });
      const strange = centre.raise({ priority: "unheard_of", raised_at: ago(95) });
      await row(strange).waitFor();
      assert.deepEqual(await ids(page, "alarm"), [strange, old, young, medium]);
      assert.deepEqual(await ids(page, "service"), [service]);
      assert.deepEqual(await ids(page, "test"), [trial]);
    }));

  test("an alarm appears without a reload, spoken and with its tone [console-4]", () =>
    desk(async ({ centre, page, row }) => {
      await up(page);
      await page.waitForTimeout(300);
      assert.deepEqual(await page.evaluate(() => window.tones), []);
      const begun = Date.now();
      const id = centre.raise();
      await row(id).waitFor();
      assert.ok(Date.now() - begun < 1000);
      assert.match(await page.locator('[aria-live="assertive"]').innerText(), /新报警：紧急 · 呼救 · 王秀英 · 卧室/);
      assert.equal((await page.evaluate(() => window.tones)).length, 5);
      assert.equal(await page.title(), "(1) 安伴");
    }));

  test("a test rings for nobody, and a low alarm once and softly [console-4]", () =>
    desk(async ({ centre, page, row }) => {
      await up(page);
      const trial = centre.raise({ test: true, queue: "test" });
      await row(trial).waitFor();
      assert.deepEqual(await page.evaluate(() => window.tones), []);
      const low = centre.raise({ priority: "low", queue: "service" });
      await row(low).waitFor();
      assert.deepEqual(await page.evaluate(() => window.tones), [523]);
    }));

  test("a waiting high alarm rings again, and stops as soon as anybody has taken it [console-4]", () =>
    desk(async ({ centre, page, row }) => {
      await up(page);
      const id = centre.raise();
      await row(id).waitFor();
      await page.waitForFunction(() => window.tones.length >= 10, null, { timeout: 9000 });
      centre.takenBy(id, "zhang");
      await state(row(id), "taken");
      const rung = await page.evaluate(() => window.tones.length);
      await page.waitForTimeout(7000);
      assert.equal(await page.evaluate(() => window.tones.length), rung);
    }));

  test("blocked sound is shown until the operator has touched the page [console-4]", async () => {
    const quiet = await launch({ sound: false });
    try {
      await desk(async ({ page }) => {
        await page.locator(".banner.silent").waitFor();
        assert.match(await page.locator(".banner.silent").innerText(), /浏览器阻止了声音/);
        await page.locator("#allow-sound").click();
        await page.locator(".banner.silent").waitFor({ state: "hidden" });
      }, { use: quiet });
    } finally {
      await quiet.close();
    }
  });

  test("the clock counts from the press on the centre's clock and marks 60 s and 180 s [console-5]", () =>
    desk(async ({ centre, page, row }) => {
      const fresh = centre.raise({ raised_at: ago(10) });
      const late = centre.raise({ raised_at: ago(70) });
      const very_late = centre.raise({ raised_at: ago(200) });
      const flat_battery = centre.raise({ raised_at: ago(7200), class: "technical", priority: "low" });
      const unsure = centre.raise({ raised_at: "1970-01-01T00:00:09Z", raised_clock: "unset", received_at: ago(30) });
      await row(unsure).waitFor();
      assert.equal(await row(fresh).getAttribute("data-marks"), "0");
      assert.equal(await row(late).getAttribute("data-marks"), "1");
      assert.equal(await row(very_late).getAttribute("data-marks"), "2");
      assert.equal(await row(flat_battery).getAttribute("data-marks"), "0");
      assert.match(await row(late).locator(".age").innerText(), /^01:1\d$/);
      assert.match(await row(unsure).locator(".age").innerText(), /^≥ 00:3\d$/);
      const before_text = await row(fresh).locator(".age").innerText();
      await page.waitForFunction(
        ([id, text]) => document.querySelector(`.row[data-id="${id}"] .age`).textContent !== text, [fresh, before_text], { timeout: 3000 });
    }));

  test("the keyboard takes, sends help and closes with an outcome and a note [console-6]", () =>
    desk(async ({ centre, page, row }) => {
      const first = centre.raise({ raised_at: ago(30) });
      const second = centre.raise({ raised_at: ago(10) });
      await row(second).waitFor();
      await page.keyboard.press("j");
      assert.equal(await row(second).getAttribute("aria-selected"), "true");
      await page.keyboard.press("k");
      assert.equal(await row(first).getAttribute("aria-selected"), "true");
      await page.keyboard.press("w");
      assert.equal(posts(centre).length, 0, "help can't be on the way before somebody has taken it");
      await page.keyboard.press("t");
      await state(row(first), "taken");
      await page.keyboard.press("w");
      await state(row(first), "on_the_way");
      await page.keyboard.press("c");
      await page.keyboard.press("Enter"); // takes the first outcome and goes on to the note
      await page.keyboard.press("Enter"); // no note yet: refused by the page
      assert.equal(posts(centre).length, 2);
      await page.keyboard.type("女儿已到家，送医");
      await page.keyboard.press("Enter");
      await state(row(first), "closed");
      const close = posts(centre).at(-1);
      assert.deepEqual(JSON.parse(close.body), { epoch: 1, seen: { start: 1, n: 1 }, code: "real_fall", note: "女儿已到家，送医" });
      assert.equal(close.headers["x-csrf-token"], "fake-csrf");
      await page.locator(".notice.good", { hasText: "已结案" }).waitFor();
    }));

  test("each outcome has its digit, and a digit in the note is a digit [console-6]", () =>
    desk(async ({ centre, page, row }) => {
      const codes = ["real_fall", "sudden_illness", "pressed_by_mistake", "device_false_alarm", "service_request", "test", "no_answer_visited", "handed_to_120"];
      for (const [i, code] of codes.entries()) {
        const id = centre.raise({ state: "taken", epoch: 1, taken_by: "li", taken_at: ago(1), raised_at: ago(100 - i) });
        await row(id).click();
        await page.keyboard.press("c");
        await page.keyboard.press(String(i + 1));
        await page.keyboard.type("120 到");
        await page.keyboard.press("Enter");
        await state(row(id), "closed");
        const sent = JSON.parse(posts(centre).at(-1).body);
        assert.deepEqual([sent.code, sent.note], [code, "120 到"]);
      }
    }));

  test("every step has a button too, and help lists the keys [console-6]", () =>
    desk(async ({ centre, page, row }) => {
      const id = centre.raise();
      await row(id).click();
      await page.locator('.card button[data-key="t"]').click();
      await state(row(id), "taken");
      await page.locator('.card button[data-key="w"]').click();
      await state(row(id), "on_the_way");
      await page.locator('.card button[data-key="c"]').click();
      await page.locator("#code-test").check();
      await page.locator("#closing-note").fill("演练");
      await page.locator('#closing button[type="submit"]').click();
      await state(row(id), "closed");
      await page.keyboard.press("?");
      assert.match(await page.locator("#help").innerText(), /已派人/);
      await page.keyboard.press("Escape");
      await page.locator("#help").waitFor({ state: "hidden" });
    }));

  test("a second T never takes an alarm that was not looked at [console-6]", () =>
    desk(async ({ centre, page, row }) => {
      const first = centre.raise({ raised_at: ago(30) });
      const second = centre.raise({ raised_at: ago(10) });
      await row(second).waitFor();
      await page.keyboard.press("t");
      await state(row(first), "taken");
      await page.keyboard.press("t");
      assert.equal(await row(second).getAttribute("aria-selected"), "true");
      assert.equal(await row(second).getAttribute("data-state"), "open");
      await page.keyboard.press("t");
      await state(row(second), "taken");
    }));

  test("whoever was faster is named and the row shows it [console-7]", () =>
    desk(async ({ centre, page, row }) => {
      const id = centre.raise();
      await row(id).waitFor();
      centre.takenBy(id, "zhang", true);
      await page.keyboard.press("t");
      await page.locator(".notice.bad", { hasText: "zhang 先接了" }).waitFor();
      await state(row(id), "taken");
      assert.match(await row(id).locator(".state").innerText(), /zhang 已接警/);
    }));

  test("an alarm in another's hands is taken over only by O pressed twice [console-7]", () =>
    desk(async ({ centre, page, row }) => {
      const id = centre.raise({ state: "taken", epoch: 1, taken_by: "zhang", taken_at: ago(5) });
      await row(id).click();
      for (const key of ["t", "w", "c"]) {
        await page.keyboard.press(key);
        await page.locator(".notice.bad", { hasText: "请先接手" }).last().waitFor();
      }
      assert.equal(await page.locator("#closing[open]").count(), 0);
      await page.keyboard.press("o");
      await page.locator(".notice", { hasText: "再按一次 O" }).waitFor();
      assert.equal(posts(centre).length, 0);
      await page.keyboard.press("o");
      await row(id).and(page.locator("[data-mine]")).waitFor();
      await page.locator(".card td", { hasText: /^li$/ }).waitFor();
      await page.keyboard.press("w");
      await state(row(id), "on_the_way");
    }));

  for (const way of ["the feed", "the refusal"]) {
    test(`a press that comes while closing must be seen first, told by ${way} [console-8]`, () =>
      desk(async ({ centre, page, row }) => {
        const id = centre.raise({ state: "taken", epoch: 1, taken_by: "li", taken_at: ago(1) });
        await row(id).click();
        await page.keyboard.press("c");
        await page.keyboard.press("3");
        await page.keyboard.type("误按");
        centre.press(id, way === "the refusal");
        if (way === "the refusal") await page.keyboard.press("Enter");
        await page.locator("#closing .newer", { hasText: "共 2 次" }).waitFor();
        await page.locator("#closing .newer li").waitFor();
        await page.keyboard.press("Enter"); // under the finger already: not read yet
        await page.waitForTimeout(200);
        assert.notEqual(await row(id).getAttribute("data-state"), "closed");
        await page.waitForTimeout(1600);
        await page.keyboard.press("Enter");
        await state(row(id), "closed");
        assert.deepEqual(JSON.parse(posts(centre).at(-1).body).seen, { start: 1, n: 2 });
      }));
  }

  for (const way of ["gone", "silent", "half-open"]) {
    test(`a centre that is ${way} is told within 10 s, with sound, and its return mends the list [console-9]`, { timeout: 60_000 }, () =>
      desk(async ({ centre, page, row }) => {
        await up(page);
        const before_loss = centre.raise();
        await row(before_loss).waitFor();
        centre.takenBy(before_loss, "zhang");
        await state(row(before_loss), "taken");
        const rung = await page.evaluate(() => window.tones.length);
        const port = centre.port;
        const lost_at = Date.now();
        if (way === "gone") await centre.stop();
        else centre.freeze();
        await page.locator(".banner.lost").waitFor({ timeout: 10_000 });
        assert.ok(Date.now() - lost_at <= 10_000);
        assert.match(await page.locator(".banner.lost").innerText(), /与中心失去联系/);
        assert.ok((await page.evaluate(() => window.tones.length)) > rung);
        if (way === "gone") await centre.start(port);
        else centre.thaw({ same_streams: way === "silent" });
        const missed = centre.raise();
        await page.locator(".banner.lost").waitFor({ state: "hidden", timeout: 15_000 });
        await row(missed).waitFor();
      }));
  }

  test("an empty list is called quiet only once it has been read [console-9]", () =>
    desk(async ({ centre, page }) => {
      await up(page);
      await page.getByText("没有待处理的报警").waitFor();
      centre.freeze();
      await page.getByText("不知道有没有报警").waitFor({ timeout: 11_000 });
    }));

  test("an alarm is shown before it is stored, and says so [console-10]", () =>
    desk(async ({ centre, page, row }) => {
      await up(page);
      const id = centre.raise({ stored: false, stored_at: null });
      await row(id).locator('[data-badge="not_stored"]', { hasText: "尚未入库" }).waitFor();
      centre.change(id, { stored: true, stored_at: ago(0) });
      await row(id).locator('[data-badge="not_stored"]').waitFor({ state: "detached" });
    }));

  test("what the centre forgot before storing stays on the desk [console-10]", { timeout: 40_000 }, () =>
    desk(async ({ centre, page, row }) => {
      await up(page);
      const id = centre.raise({ stored: false, stored_at: null });
      await row(id).waitFor();
      const port = centre.port;
      await centre.stop();
      centre.alarms.clear();
      await centre.start(port);
      await row(id).locator('[data-badge="forgotten"]').waitFor({ timeout: 15_000 });
    }));

  test("what was closed elsewhere during a break leaves the desk [console-10]", { timeout: 60_000 }, () =>
    desk(async ({ centre, page, row }) => {
      const kept = centre.raise({ raised_at: ago(20) });
      const gone = centre.raise({ raised_at: ago(10) });
      await row(gone).waitFor();
      const port = centre.port;
      await centre.stop();
      centre.change(gone, { state: "closed", closed_at: ago(0), closing_code: "test" });
      await centre.start(port);
      await state(row(gone), "closed");
      await row(gone).waitFor({ state: "detached", timeout: 15_000 });
      assert.equal(await row(kept).count(), 1);
    }));

  test("an unknown gateway and an unregistered device are flagged, never hidden [console-10]", () =>
    desk(async ({ centre, page, row }) => {
      const id = centre.raise({
        home: { known: false, name: null, address: null, phone: null }, resident: null, room: null, unregistered_device: true,
      });
      await row(id).locator('[data-badge="unknown_gateway"]', { hasText: "未登记网关" }).waitFor();
      await row(id).locator('[data-badge="unregistered_device"]', { hasText: "未登记设备" }).waitFor();
      await page.locator(".card", { hasText: "无电话" }).waitFor();
    }));

  test("the card tells resident, address, phone, room, evidence, presses and record [console-11]", () =>
    desk(async ({ centre, page, row }) => {
      const id = centre.raise();
      centre.press(id);
      await row(id).click();
      await page.locator(".card").getByText("还没有人处理").waitFor();
      const text = await page.locator(".card").innerText();
      for (const part of ["王秀英", "静安区南京西路 1038 弄 6 号 302 室", "021-6258 1038", "卧室", "心率", "96 bpm", "在床", "红键呼救", "住户按下了红色呼救键"]) {
        assert.ok(text.includes(part), `${part} is not in the card`);
      }
      assert.equal(await page.locator(".card a").getAttribute("href"), "tel:02162581038");
      await page.keyboard.press("t");
      await page.locator(".card td", { hasText: /^li$/ }).waitFor();
    }));

  test("a name with markup in it stays text [console-2]", () =>
    desk(async ({ centre, page, row }) => {
      const name = '<img src=x onerror="window.hit=1"><b>王</b>';
      const id = centre.raise({ resident: { id: "r", name }, title: { zh: name, en: name }, because: name });
      await row(id).click();
      await page.locator(".card h2", { hasText: name }).waitFor();
      assert.equal(await page.evaluate(() => window.hit), undefined);
      assert.equal(await page.locator("img").count(), 0);
    }));

  test("the selection stays on its alarm when others come and go [console-3]", () =>
    desk(async ({ centre, page, row }) => {
      const mine = centre.raise({ raised_at: ago(20) });
      await row(mine).waitFor();
      centre.raise({ raised_at: ago(90) });
      const last = centre.raise({ raised_at: ago(80) });
      await row(last).waitFor();
      assert.equal(await row(mine).getAttribute("aria-selected"), "true");
      centre.change(mine, { state: "closed", closed_at: ago(0), closing_code: "test" });
      await state(row(mine), "closed");
      await page.waitForTimeout(11_000);
      assert.equal(await row(mine).getAttribute("aria-selected"), "true", "a row under the cursor stays until the operator moves");
      await page.keyboard.press("t");
      assert.equal(posts(centre).length, 0);
    }));

  test("Chinese and English, chosen by the browser, by button and key, and remembered [console-12]", () =>
    desk(async ({ centre, page, row }) => {
      const id = centre.raise();
      await row(id).waitFor();
      assert.equal(await page.locator("html").getAttribute("lang"), "en");
      assert.match(await row(id).innerText(), /SOS/);
      await page.locator("#language").click();
      assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
      assert.match(await row(id).innerText(), /呼救/);
      await page.reload();
      await row(id).waitFor();
      assert.match(await row(id).innerText(), /呼救/);
      await page.keyboard.press("l");
      assert.equal(await page.locator("html").getAttribute("lang"), "en");
    }, { language: "en" }));

  test("no Chinese word is left on the English desk [console-12]", () =>
    desk(async ({ centre, page, row }) => {
      const plain = { home: { known: true, name: "Home", address: "Road 1", phone: "1" }, resident: { id: "r", name: "Wang" }, room: { id: "b", name: "Bedroom" } };
      const id = centre.raise(plain);
      centre.raise({ ...plain, queue: "service", priority: "low", raised_clock: "unset", stored: false, reopened: true });
      centre.raise({ ...plain, test: true, queue: "test" });
      await row(id).click();
      await page.keyboard.press("t");
      await state(row(id), "taken");
      await page.keyboard.press("c");
      await page.locator("#closing[open]").waitFor();
      const text = (await page.locator("body").innerText()).replace("中文", "").replace("王建平", "").replace("、", "");
      assert.doesNotMatch(text, /[\u4e00-\u9fff]/);
    }, { language: "en" }));

  test("high flashes at 1.4 to 2.8 Hz, medium at 0.4 to 0.8 Hz, low and tests are steady [console-13]", () =>
    desk(async ({ centre, row }) => {
      const hz = async (id) => {
        const style = await row(id).locator(".urgency").evaluate((element) => {
          const { animationName, animationDuration } = getComputedStyle(element);
          return { animationName, animationDuration };
        });
        return style.animationName === "none" ? 0 : 1 / Number.parseFloat(style.animationDuration);
      };
      const high = centre.raise();
      const medium = centre.raise({ priority: "medium" });
      const low = centre.raise({ priority: "low" });
      const trial = centre.raise({ test: true, queue: "test" });
      await row(trial).waitFor();
      assert.ok((await hz(high)) >= 1.4 && (await hz(high)) <= 2.8);
      assert.ok((await hz(medium)) >= 0.4 && (await hz(medium)) <= 0.8);
      assert.equal(await hz(low), 0);
      assert.equal(await hz(trial), 0);
      centre.takenBy(high, "zhang");
      await state(row(high), "taken");
      assert.equal(await hz(high), 0, "taken: nothing flashes any more");
    }));

  test("nothing flashes for whoever asked for less motion [console-13]", () =>
    desk(async ({ centre, row }) => {
      const id = centre.raise();
      await row(id).waitFor();
      assert.equal(await row(id).locator(".urgency").evaluate((element) => getComputedStyle(element).animationName), "none");
    }, { reduced: true }));

  // WCAG 2.2, 1.4.3: 4.5 for text, 3 for large text.
  function poorContrast() {
    const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => {
      const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const ground = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const colour = parts(getComputedStyle(at).backgroundColor);
        if (colour.length < 4 || colour[3] === 1) return colour;
      }
      return [0, 0, 0];
    };
    const poor = [];
    for (const element of document.querySelectorAll("body *")) {
      const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
      if (!own || !element.checkVisibility() || element.closest(":disabled, .spoken")) continue;
      const style = getComputedStyle(element);
      const [a, b] = [luminance(parts(style.color)), luminance(ground(element))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const px = Number.parseFloat(style.fontSize);
      const large = px >= 24 || (px >= 18.66 && Number(style.fontWeight) >= 700);
      if (ratio < (large ? 3 : 4.5)) poor.push(`${element.className} "${element.textContent.slice(0, 20)}" ${ratio.toFixed(2)}`);
    }
    return poor;
  }

  for (const language of ["zh", "en"]) {
    for (const many of [0, 1, 4, 40]) {
      test(`${many} alarms in ${language} can be read: contrast, size, nothing wider than the screen [console-13]`, () =>
        desk(async ({ centre, page }) => {
          fill(centre, many);
          await page.reload();
          await up(page);
          await page.waitForTimeout(400);
          if (shots) await page.screenshot({ path: path.join(shots, `desk-${many}-${language}.png`) });
          assert.deepEqual(await page.evaluate(poorContrast), []);
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
          assert.equal(await page.locator(".row").count(), many);
          if (many > 0) {
            const px = await page.locator(".row .who").first().evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
            assert.ok(px >= (many > 6 ? 24 : 36), `${px} px`);
          }
        }, { language, width: 1920, height: 1080 }));
    }
  }

  test("what waits past the edge of a lane is counted [console-3]", () =>
    desk(async ({ centre, page, row }) => {
      fill(centre, 40);
      await row("00000000000000000000000000000028").waitFor();
      await page.locator(".queue.alarm .beyond", { hasText: /下方还有 \d+ 条待接/ }).waitFor();
    }));

  test("the focus is always to be seen [console-13]", () =>
    desk(async ({ centre, page, row }) => {
      const id = centre.raise();
      await row(id).waitFor();
      for (let i = 0; i < 12; i++) {
        await page.keyboard.press("Tab");
        const outline = await page.evaluate(() => document.activeElement === document.body ? "4px" : getComputedStyle(document.activeElement).outlineWidth);
        assert.equal(outline, "4px");
      }
    }));

  test("without a session the log-in page comes, and a right password opens the desk [console-14]", () =>
    desk(async ({ page }) => {
      await page.locator("#operator").waitFor();
      assert.match(page.url(), /\/login\.html$/);
      await page.keyboard.type("zhang");
      await page.keyboard.press("Tab");
      await page.keyboard.type("wrong");
      await page.keyboard.press("Enter");
      await page.getByText("坐席名或密码不对").waitFor();
      await page.keyboard.type("right");
      await page.keyboard.press("Enter");
      await up(page);
      assert.equal(await page.locator(".operator").innerText(), "zhang");
    }, { session: { logged_in: false } }));

  test("a used log-in link says so [console-14]", () =>
    desk(async ({ page }) => {
      await page.getByText("登录链接已用过或已失效").waitFor();
    }, { session: { logged_in: false }, at: "/login?token=used" }));

  test("a session that ended leads to the log-in page, which says why [console-14]", () =>
    desk(async ({ centre, page, row }) => {
      const id = centre.raise();
      await row(id).waitFor();
      centre.endSession();
      await page.keyboard.press("t");
      await page.getByText("登录前不会显示新报警").waitFor();
    }));
});

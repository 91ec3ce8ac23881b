// What the operator's page does, in a real browser against a centre that plays along. Each test names the duty of
// cloud-bridge/console/README.md that it proves.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { launch } from "./browser.mjs";
import { ago, desk, ids, posts, state, up } from "./desk.mjs";
import { fill } from "./fake_centre.mjs";

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

  test("what is wrong with the centre stands in a banner until it is over [console-15]", { timeout: 30_000 }, () =>
    desk(async ({ centre, page }) => {
      await up(page);
      const banner = page.locator(".banner.trouble");
      assert.equal(await banner.isVisible(), false);
      centre.trouble = "the disk failed";
      await banner.waitFor({ timeout: 10_000 });
      assert.match(await banner.innerText(), /中心故障.*the disk failed/s);
      centre.trouble = "";
      await banner.waitFor({ state: "hidden", timeout: 10_000 });
    }));

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

  test("what waits past the edge of a lane is counted [console-3]", () =>
    desk(async ({ centre, page, row }) => {
      fill(centre, 40);
      await row("00000000000000000000000000000028").waitFor();
      await page.locator(".queue.alarm .beyond", { hasText: /下方还有 \d+ 条待接/ }).waitFor();
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

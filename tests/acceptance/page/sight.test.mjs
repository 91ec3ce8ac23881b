// How the operator's page looks and in which words, in a real browser. Each test names the duty of
// cloud-bridge/console/README.md that it proves.
import assert from "node:assert/strict";
import path from "node:path";
import { describe, test } from "node:test";
import { desk, shots, state, up } from "./desk.mjs";
import { fill } from "./fake_centre.mjs";

describe("the sight of the operator's page", { concurrency: 3 }, () => {
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
});

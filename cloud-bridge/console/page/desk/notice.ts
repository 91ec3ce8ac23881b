// What the page says by itself: short notices at the foot, the banners at the head, and the words for a
// screen reader. A notice about an alarm is spoken at once, the rest when there is a pause.

import { el, setText } from "../dom";

export type Tone = "good" | "bad" | "plain";

const shown_ms = 9_000;
const most_at_once = 4;

export class Notices {
  readonly element = el("div", { class: "notices", role: "status", "aria-live": "polite" });
  readonly spoken = el("div", { class: "spoken", role: "alert", "aria-live": "assertive", "aria-atomic": "true" });

  say(text: string, tone: Tone = "plain"): void {
    const notice = el("div", { class: `notice ${tone}` }, text);
    this.element.append(notice);
    while (this.element.childElementCount > most_at_once) this.element.firstElementChild?.remove();
    setTimeout(() => notice.remove(), shown_ms);
  }

  speak(text: string): void {
    setText(this.spoken, text);
  }
}

// A line across the page that stays until its cause is gone.
export class Banner {
  readonly element: HTMLElement;
  #title = el("strong");
  // Its seconds run; a screen reader reads them when asked, not four times a second.
  #text = el("span", { "aria-live": "off" });

  constructor(name: string, ...more: Node[]) {
    this.element = el("div", { class: `banner ${name}`, role: "alert", "aria-atomic": "false" }, this.#title, this.#text, ...more);
    this.element.hidden = true;
  }

  show(title: string, text: string): void {
    setText(this.#title, title);
    setText(this.#text, text);
    this.element.hidden = false;
  }

  hide(): void {
    this.element.hidden = true;
  }

  get shown(): boolean {
    return !this.element.hidden;
  }
}

// The list of keys, drawn from the keys themselves so that it can't lie.

import { el } from "../dom";
import { say } from "../words/i18n";
import type { Key } from "./keys";

export class Help {
  readonly element = el("dialog", { class: "help", id: "help" });

  open(keys: Key[]): void {
    const rows = keys.map((key) =>
      el("tr", {}, el("th", { scope: "row" }, el("kbd", {}, key.shown)), el("td", {}, say(key.word))),
    );
    const done = el("button", { type: "button", class: "wide" }, say("help_close"), " ", el("kbd", {}, "Esc"));
    done.addEventListener("click", () => this.element.close());
    this.element.replaceChildren(
      el("h2", { id: "help-title" }, say("help")),
      el("table", {}, el("tbody", {}, ...rows)),
      done,
    );
    this.element.setAttribute("aria-labelledby", "help-title");
    if (!this.element.open) this.element.showModal();
  }
}

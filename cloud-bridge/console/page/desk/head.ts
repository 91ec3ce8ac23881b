// The head of the desk: the centre's time, whether the centre is there, whether there is sound, and the
// buttons that concern the desk itself.

import type { LinkState } from "../centre/link";
import { el, setAttribute, setText } from "../dom";
import { say, type Word } from "../words/i18n";

export interface HeadState {
  server_now_ms: number;
  link: LinkState;
  sound_blocked: boolean;
  quiet_s: number;
  waiting: number;
}

export interface HeadSteps {
  sound(): void;
  quiet(): void;
  language(): void;
  help(): void;
  logOut(): void;
}

export class Head {
  readonly element: HTMLElement;
  #name = el("h1");
  #time = el("time");
  #link = el("span", { class: "link" });
  #sound: HTMLButtonElement;
  #quiet: HTMLButtonElement;
  #language: HTMLButtonElement;
  #help: HTMLButtonElement;
  #log_out: HTMLButtonElement;
  #operator: HTMLElement;

  constructor(me: string, steps: HeadSteps) {
    const button = (id: string, does: () => void) => {
      const made = el("button", { type: "button", class: "plain", id });
      made.addEventListener("click", does);
      return made;
    };
    this.#sound = button("sound", steps.sound);
    this.#quiet = button("quiet", steps.quiet);
    this.#language = button("language", steps.language);
    this.#help = button("help-button", steps.help);
    this.#log_out = button("log-out", steps.logOut);
    this.#operator = el("span", { class: "operator" }, me);
    this.element = el(
      "header",
      { class: "head" },
      this.#name,
      this.#time,
      this.#link,
      el("span", { class: "grow" }),
      this.#sound,
      this.#quiet,
      this.#language,
      this.#help,
      this.#operator,
      this.#log_out,
    );
  }

  draw(state: HeadState): void {
    setText(this.#name, `${say("product")} · ${say("console")}`);
    setText(this.#time, new Date(state.server_now_ms).toLocaleTimeString("zh-CN", { hour12: false }));
    setText(this.#link, say(`link_${state.link}` as Word));
    setAttribute(this.#link, "data-link", state.link);
    setText(this.#sound, say(state.sound_blocked ? "sound_off" : "sound_on"));
    setAttribute(this.#sound, "data-blocked", state.sound_blocked ? "true" : null);
    setAttribute(this.#sound, "title", say("sound_test"));
    setText(this.#quiet, state.quiet_s > 0 ? say("quiet_for", { s: state.quiet_s }) : say("quiet"));
    setAttribute(this.#quiet, "data-quiet", state.quiet_s > 0 ? "true" : null);
    setText(this.#language, say("language"));
    setText(this.#help, `${say("help")} ?`);
    setText(this.#log_out, say("log_out"));
  }
}

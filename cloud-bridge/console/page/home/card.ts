// The card of the selected alarm: who, where, how to reach them, what happened and why we think so, what was
// done, and the next step as a button with its key.

import type { Action, Alarm, AlarmDetail, Evidence, Home, Press } from "../centre/alarm";
import type { Entry } from "../centre/book";
import { el, setAttribute, setText } from "../dom";
import { ageOf, moment, spell, timeOfDay } from "../queue/clock";
import { badgesOf } from "../queue/row";
import { language, say, sayValue, type Word } from "../words/i18n";
import { roomOf, signalOf, stateOf, titleOf, valueOf, whoOf, whyOf } from "../words/tell";

// What is read when the card opens; until then the alarm itself says most of it.
export interface Reading {
  detail: AlarmDetail | null;
  home: Home | null;
  failed: boolean;
}

export interface DeskState {
  me: string;
  busy: boolean; // the centre has not answered the last step on this alarm yet
  waiting: boolean; // some alarm waits for a person
}

export interface CardSteps {
  take(): void;
  takeOver(): void;
  onTheWay(): void;
  close(): void;
  next(): void;
}

const most_presses = 12;

export class Card {
  readonly element = el("section", { class: "card", id: "card", tabindex: "-1" });
  #age = el("span", { class: "age" });
  #take: HTMLButtonElement;
  #take_over: HTMLButtonElement;
  #on_the_way: HTMLButtonElement;
  #close: HTMLButtonElement;
  #next: HTMLButtonElement;
  #steps = el("div", { class: "steps" });
  #body = el("div", { class: "card-body" });
  #alarm: Alarm | null = null;
  #says = "";

  constructor(steps: CardSteps) {
    this.#take = step("t", steps.take);
    this.#take_over = step("o", steps.takeOver);
    this.#on_the_way = step("w", steps.onTheWay);
    this.#close = step("c", steps.close);
    this.#next = step("n", steps.next);
    this.#steps.append(this.#take, this.#take_over, this.#on_the_way, this.#close, this.#next);
    this.element.append(this.#body, this.#steps);
  }

  show(entry: Entry | undefined, reading: Reading, desk: DeskState, server_now_ms: number): void {
    const alarm = entry?.alarm ?? null;
    this.#alarm = alarm;
    this.#showSteps(alarm, desk);
    // Drawn anew only when it says something else, so that a focus or a selection in it stays.
    const says = JSON.stringify([entry ?? null, reading, language()]);
    if (says === this.#says) return;
    this.#says = says;
    setAttribute(this.element, "data-id", alarm?.id ?? null);
    setAttribute(this.element, "data-priority", alarm?.priority ?? null);
    setAttribute(this.element, "data-state", alarm?.state ?? null);
    setAttribute(this.element, "aria-label", alarm ? `${titleOf(alarm)} ${whoOf(alarm)}` : say("choose_row"));
    if (!entry || !alarm) {
      this.#body.replaceChildren(el("p", { class: "none" }, say("choose_row")));
      return;
    }
    const scrolled = this.#body.scrollTop;
    this.#body.replaceChildren(
      el(
        "header",
        {},
        el("p", { class: "card-title" }, el("span", {}, titleOf(alarm)), this.#age),
        el("h2", {}, whoOf(alarm)),
        el("p", { class: "card-state" }, stateOf(alarm, desk.me)),
        el(
          "p",
          { class: "badges" },
          ...badgesOf(entry).map(([word, text]) => el("span", { class: "badge", "data-badge": word }, text ?? say(word))),
        ),
      ),
      facts(alarm, reading.home, server_now_ms),
      section("what_happened", why(alarm, server_now_ms)),
      section("evidence", evidence(alarm.evidence)),
      ...(reading.detail
        ? [section("presses", presses(reading.detail.presses)), section("actions", actions(reading.detail.actions))]
        : [el("p", { class: "quiet" }, say(reading.failed ? "not_readable" : "loading"))]),
    );
    this.#body.scrollTop = scrolled;
    this.tick(server_now_ms);
  }

  tick(server_now_ms: number): void {
    if (!this.#alarm) return;
    const closed_at = this.#alarm.state === "closed" ? this.#alarm.closed_at : null;
    const age = ageOf(this.#alarm, closed_at ? Date.parse(closed_at) : server_now_ms);
    setText(this.#age, `${age.at_least ? "≥ " : ""}${spell(age.seconds)}`);
  }

  focus(): void {
    this.element.focus();
  }

  #showSteps(alarm: Alarm | null, { me, busy, waiting }: DeskState): void {
    label(this.#take, busy ? "working" : "act_take");
    label(this.#take_over, "act_take_over");
    label(this.#on_the_way, "act_on_the_way");
    label(this.#close, "act_close");
    label(this.#next, "act_next");
    const state = alarm?.state ?? "closed";
    const mine = alarm?.taken_by === me;
    const taken = state === "taken" || state === "on_the_way";
    this.#take.hidden = taken && !mine;
    this.#take_over.hidden = !taken || mine;
    this.#take.disabled = busy || state !== "open";
    this.#take_over.disabled = busy;
    this.#on_the_way.disabled = busy || state !== "taken" || !mine;
    this.#close.disabled = busy || !taken || !mine;
    this.#next.disabled = !waiting;
    const next = { open: this.#take, taken: this.#on_the_way, on_the_way: this.#close, closed: this.#next }[state];
    for (const button of [this.#take, this.#on_the_way, this.#close, this.#next]) {
      setAttribute(button, "data-next", button === next ? "true" : null);
    }
  }
}

function step(key: string, does: () => void): HTMLButtonElement {
  const button = el("button", { type: "button", "data-key": key }, el("span"), el("kbd", {}, key.toUpperCase()));
  button.addEventListener("click", does);
  return button;
}

function label(button: HTMLButtonElement, word: Word): void {
  const text = button.firstElementChild;
  if (text) setText(text, say(word));
}

function section(word: Word, ...children: Node[]): HTMLElement {
  return el("section", {}, el("h3", {}, say(word)), ...children);
}

function fact(word: Word, ...value: (Node | string)[]): Node[] {
  return [el("dt", {}, say(word)), el("dd", {}, ...value)];
}

function facts(alarm: Alarm, home: Home | null, server_now_ms: number): HTMLElement {
  const number = alarm.home.phone ?? "";
  const phone = number.replace(/[^\d+]/g, "");
  return el(
    "dl",
    { class: "facts" },
    ...fact("room", roomOf(alarm)),
    ...fact("address", alarm.home.address || say("no_address")),
    ...fact("phone", phone ? el("a", { href: `tel:${phone}` }, number) : say("no_phone")),
    ...fact("home", alarm.home.known ? alarm.home.name || alarm.gateway : say("unknown_gateway")),
    ...(home && home.residents.length > 1 ? fact("residents", home.residents.map((r) => r.name).join("、")) : []),
    ...fact("gateway", alarm.gateway),
    ...(home ? fact("gateway_heard", moment(home.last_seen, server_now_ms)) : []),
  );
}

function why(alarm: Alarm, server_now_ms: number): HTMLElement {
  const times = [
    `${say("raised")} ${moment(alarm.raised_at, server_now_ms)}`,
    `${say("received")} ${moment(alarm.received_at, server_now_ms)}`,
    alarm.stored ? `${say("stored")} ${moment(alarm.stored_at, server_now_ms)}` : say("not_stored"),
  ];
  const words = whyOf(alarm);
  return el(
    "div",
    {},
    el("p", words === alarm.because ? { class: "why", lang: "en" } : { class: "why" }, words),
    el("p", { class: "quiet" }, times.join(" · ")),
    alarm.raised_clock !== "synchronised" ? el("p", { class: "warn" }, say("clock_unsure")) : null,
  );
}

function evidence(list: Evidence[]): HTMLElement {
  if (list.length === 0) return el("p", { class: "quiet" }, say("no_evidence"));
  const rows = list.map((item) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, signalOf(item.signal)),
      el("td", { class: "value" }, valueOf(item.signal, item.value, item.unit)),
      el("td", {}, timeOfDay(item.at)),
      el("td", { class: "quiet" }, item.device),
    ),
  );
  return el("table", {}, el("tbody", {}, ...rows));
}

function presses(list: Press[]): HTMLElement {
  const newest_first = [...list].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const rows = newest_first.slice(0, most_presses).map((press) =>
    el(
      "tr",
      {},
      el("td", {}, timeOfDay(press.at)),
      el("th", { scope: "row" }, signalOf(press.signal)),
      el("td", { class: "quiet" }, press.device),
      el("td", { class: "quiet" }, press.repeat ? say("repeat") : ""),
    ),
  );
  const more = list.length - most_presses;
  return el(
    "div",
    {},
    el("table", {}, el("tbody", {}, ...rows)),
    more > 0 ? el("p", { class: "quiet" }, `+ ${more}`) : null,
  );
}

function codeOf(action: Action): string {
  if (!action.code) return "";
  return action.what === "close" ? sayValue("code", action.code) : action.code;
}

function actions(list: Action[]): HTMLElement {
  if (list.length === 0) return el("p", { class: "quiet" }, say("no_actions"));
  const rows = list.map((action) =>
    el(
      "tr",
      {},
      el("td", {}, timeOfDay(action.at)),
      el("th", { scope: "row" }, sayValue("action", action.what)),
      el("td", {}, action.who ?? "—"),
      el("td", {}, [codeOf(action), action.note ?? ""].filter(Boolean).join(" · ")),
    ),
  );
  return el("table", {}, el("tbody", {}, ...rows));
}

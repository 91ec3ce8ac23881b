// One alarm in the queue, to be read from three metres: how urgent, how long, what, who, where, who has it.
// The element lives as long as the alarm and is changed in place.

import type { Alarm } from "../centre/alarm";
import type { Entry } from "../centre/book";
import { el, setAttribute, setText } from "../dom";
import { say, sayValue, type Word } from "../words/i18n";
import { homeOf, roomOf, stateOf, titleOf, whoOf } from "../words/tell";
import { ageOf, marksPassed, marks_s, spell } from "./clock";

export class Row {
  readonly element: HTMLElement;
  #priority = el("span", { class: "priority" });
  #age = el("span", { class: "age" });
  #mark = el("span", { class: "mark" });
  #title = el("span", { class: "title" });
  #who = el("span", { class: "who" });
  #room = el("span", { class: "room" });
  #home = el("span", { class: "home" });
  #state = el("span", { class: "state" });
  #badges = el("span", { class: "badges" });
  #shown_badges = "";
  #entry: Entry;

  constructor(entry: Entry) {
    this.#entry = entry;
    const id = entry.alarm.id;
    this.element = el(
      "li",
      { class: "row", role: "option", id: `row-${id}`, "data-id": id, tabindex: "-1" },
      el("span", { class: "urgency" }, this.#priority),
      el("span", { class: "clock" }, this.#age, this.#mark),
      el("span", { class: "what" }, this.#title, this.#badges),
      el("span", { class: "whose" }, this.#who, this.#room),
      el("span", { class: "hold" }, this.#state, this.#home),
    );
  }

  show(entry: Entry, me: string, selected: boolean, server_now_ms: number): void {
    this.#entry = entry;
    const alarm = entry.alarm;
    const mine = alarm.taken_by === me && alarm.state !== "open";
    setAttribute(this.element, "data-priority", alarm.priority);
    setAttribute(this.element, "data-state", alarm.state);
    setAttribute(this.element, "data-stored", String(alarm.stored));
    setAttribute(this.element, "data-presses", String(alarm.press_count));
    setAttribute(this.element, "data-mine", mine ? "true" : null);
    setAttribute(this.element, "aria-selected", String(selected));
    setText(this.#priority, sayValue("priority", alarm.priority));
    setText(this.#title, titleOf(alarm));
    setText(this.#who, whoOf(alarm));
    setText(this.#room, roomOf(alarm));
    setText(this.#home, homeOf(alarm));
    setText(this.#state, stateOf(alarm, me));
    this.#showBadges(badgesOf(entry));
    this.tick(server_now_ms);
  }

  tick(server_now_ms: number): void {
    const alarm = this.#entry.alarm;
    const until = alarm.state === "closed" && alarm.closed_at ? Date.parse(alarm.closed_at) : server_now_ms;
    const age = ageOf(alarm, until);
    const marks = marksPassed(alarm, age);
    setText(this.#age, `${age.at_least ? "≥ " : ""}${spell(age.seconds)}`);
    setAttribute(this.#age, "title", age.at_least ? say("clock_unsure") : null);
    setAttribute(this.element, "data-marks", String(marks));
    setText(this.#mark, marks > 0 ? say("over_mark", { s: marks_s[marks - 1] ?? 0 }) : answeredIn(alarm));
  }

  #showBadges(badges: [Word, string?][]): void {
    const wanted = badges.map(([word, text]) => `${word}=${text ?? say(word)}`).join("|");
    if (wanted === this.#shown_badges) return;
    this.#shown_badges = wanted;
    this.#badges.replaceChildren(
      ...badges.map(([word, text]) => el("span", { class: "badge", "data-badge": word }, text ?? say(word))),
    );
  }
}

function answeredIn(alarm: Alarm): string {
  if (!alarm.taken_at) return "";
  const age = ageOf(alarm, Date.parse(alarm.taken_at));
  return say("answered_in", { t: spell(age.seconds) });
}

export function badgesOf(entry: Entry): [Word, string?][] {
  const { alarm } = entry;
  const badges: [Word, string?][] = [];
  if (entry.forgotten) badges.push(["forgotten"]);
  else if (!alarm.stored) badges.push(["not_stored"]);
  if (alarm.press_count > 1) badges.push(["presses_n", say("presses_n", { n: alarm.press_count })]);
  if (alarm.reopened && alarm.state === "open") badges.push(["reopened"]);
  if (alarm.phase === "suspected") badges.push(["phase_suspected"]);
  if (alarm.phase === "cleared") badges.push(["phase_cleared"]);
  if (alarm.phase === "cancelled") badges.push(["phase_cancelled"]);
  if (!alarm.home.known) badges.push(["unknown_gateway"]);
  if (alarm.unregistered_device) badges.push(["unregistered_device"]);
  if (alarm.test) badges.push(["is_test"]);
  return badges;
}

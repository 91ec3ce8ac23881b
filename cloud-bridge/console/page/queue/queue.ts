// The lanes of the desk: alarms, service requests, tests, each sorted by itself, so that an SOS never waits
// behind a service request and a test never stands among emergencies.

import type { Queue } from "../centre/alarm";
import type { Book } from "../centre/book";
import { el, setAttribute, setText } from "../dom";
import { say, type Word } from "../words/i18n";
import { inOrder, queues } from "./order";
import { Row } from "./row";

interface Lane {
  section: HTMLElement;
  heading: HTMLElement;
  count: HTMLElement;
  beyond: HTMLElement;
  list: HTMLElement;
  none: HTMLElement;
}

export class QueueView {
  readonly element = el("div", { class: "queues" });
  #lanes: Record<Queue, Lane>;
  #rows = new Map<string, Row>();
  #order: string[] = [];

  constructor(
    readonly book: Book,
    selected: (id: string) => void,
    opened: (id: string) => void,
  ) {
    const lane = (queue: Queue): Lane => {
      const heading = el("span");
      const count = el("span", { class: "count" });
      const beyond = el("span", { class: "beyond" });
      const list = el("ul", { class: "lane", role: "listbox", "data-queue": queue });
      const none = el("p", { class: "none" });
      const section = el(
        "section",
        { class: `queue ${queue}`, id: `queue-${queue}` },
        el("h2", { id: `heading-${queue}` }, heading, count, beyond),
        list,
        none,
      );
      list.setAttribute("aria-labelledby", `heading-${queue}`);
      this.element.append(section);
      return { section, heading, count, beyond, list, none };
    };
    this.#lanes = { alarm: lane("alarm"), service: lane("service"), test: lane("test") };
    const idAt = (event: Event) =>
      event.target instanceof Element ? event.target.closest<HTMLElement>(".row")?.dataset["id"] : undefined;
    this.element.addEventListener("click", (event) => {
      const id = idAt(event);
      if (id) selected(id);
    });
    this.element.addEventListener("dblclick", (event) => {
      const id = idAt(event);
      if (id) opened(id);
    });
  }

  // The ids as they stand on the page, from the first alarm to the last test.
  get order(): readonly string[] {
    return this.#order;
  }

  firstWaiting(): string | null {
    return this.#order.find((id) => this.book.get(id)?.alarm.state === "open") ?? null;
  }

  // `known`: the list has been read and the centre is there. An empty list says nothing otherwise.
  draw(me: string, selected: string | null, known: boolean, server_now_ms: number): void {
    const entries = this.book.entries();
    const sorted = inOrder(entries.map((entry) => entry.alarm));
    this.#order = queues.flatMap((queue) => sorted[queue].map((alarm) => alarm.id));
    const kept = new Set(this.#order);
    for (const [id, row] of this.#rows) {
      if (kept.has(id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    setAttribute(this.element, "data-crowd", sorted.alarm.length > 5 ? "many" : "few");
    for (const queue of queues) {
      const lane = this.#lanes[queue];
      const alarms = sorted[queue];
      const waiting = alarms.filter((alarm) => alarm.state === "open").length;
      setText(lane.heading, say(`queue_${queue}` as Word));
      setText(lane.count, waiting > 0 ? say("waiting_n", { n: waiting }) : "");
      setAttribute(lane.section, "data-empty", alarms.length === 0 ? "true" : null);
      const nothing = known ? say(`none_${queue}` as Word) : queue === "alarm" ? say("not_known") : "—";
      setText(lane.none, alarms.length === 0 ? nothing : "");
      setAttribute(lane.none, "data-known", String(known));
      alarms.forEach((alarm, place) => {
        const entry = this.book.get(alarm.id);
        if (!entry) return;
        let row = this.#rows.get(alarm.id);
        if (!row) {
          row = new Row(entry);
          this.#rows.set(alarm.id, row);
        }
        row.show(entry, me, alarm.id === selected, server_now_ms);
        setAttribute(row.element, "tabindex", alarm.id === selected ? "0" : "-1");
        if (lane.list.children[place] !== row.element) {
          const focused = document.activeElement === row.element;
          lane.list.insertBefore(row.element, lane.list.children[place] ?? null);
          if (focused) row.element.focus({ preventScroll: true });
        }
      });
    }
  }

  tick(server_now_ms: number): void {
    for (const row of this.#rows.values()) row.tick(server_now_ms);
    for (const queue of queues) this.#showBeyond(this.#lanes[queue]);
  }

  // What waits past an edge of its lane must not be overlooked.
  #showBeyond(lane: Lane): void {
    const { scrollTop, clientHeight, scrollHeight } = lane.list;
    if (scrollHeight <= clientHeight + 2) {
      setText(lane.beyond, "");
      return;
    }
    let above = 0;
    let below = 0;
    for (const row of lane.list.querySelectorAll<HTMLElement>('.row[data-state="open"]')) {
      const middle = row.offsetTop - lane.list.offsetTop + row.offsetHeight / 2;
      if (middle < scrollTop) above += 1;
      else if (middle > scrollTop + clientHeight) below += 1;
    }
    const parts = [above > 0 ? say("more_above", { n: above }) : "", below > 0 ? say("more_below", { n: below }) : ""];
    setText(lane.beyond, parts.filter(Boolean).join("  "));
  }

  focus(id: string): void {
    const element = this.#rows.get(id)?.element;
    element?.focus({ preventScroll: true });
    element?.scrollIntoView({ block: "nearest" });
  }

  hasFocus(): boolean {
    return this.element.contains(document.activeElement);
  }
}

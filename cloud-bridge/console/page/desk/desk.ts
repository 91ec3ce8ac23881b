// The desk holds the parts together: the feed fills the book, the book is drawn, keys and buttons ask the
// centre, and its answers go into the book again. Who is right is the centre's matter; a refusal is shown.

import type { Alarm } from "../centre/alarm";
import { type Api, Refusal } from "../centre/api";
import { Book, type News } from "../centre/book";
import { Feed } from "../centre/feed";
import type { LinkState } from "../centre/link";
import { el } from "../dom";
import { Card, type Reading } from "../home/card";
import { type Closing, ClosingDialog } from "../home/closing";
import { rankOf } from "../queue/order";
import { QueueView } from "../queue/queue";
import { chooseLanguage, language, say } from "../words/i18n";
import { inShort } from "../words/tell";
import { Head } from "./head";
import { Help } from "./help";
import { type Key, Keys } from "./keys";
import { Banner, Notices } from "./notice";
import { Sound } from "./sound";
import { faultInWords } from "./fault";
import { startTicking } from "./ticking";

const closed_lingers_ms = 10_000;
const ask_again_ms = 6_000;
const nothing_read: Reading = { detail: null, home: null, failed: false };

export class Desk {
  #book = new Book();
  #feed: Feed;
  #sound = new Sound(() => this.#drawHead());
  #notices = new Notices();
  #lost = new Banner("lost");
  #silent: Banner;
  #trouble = new Banner("trouble");
  #head: Head;
  #queue: QueueView;
  #card: Card;
  #closing: ClosingDialog;
  #help = new Help();
  #keys: Keys;
  #selected: string | null = null;
  #reading: Reading = nothing_read;
  #read_for = "";
  #busy = new Set<string>();
  #server_ahead_ms = 0;
  #was_lost = false;
  #listed = false;
  #over_asked = "";
  #over_asked_at = 0;
  #link: LinkState = "connecting";

  constructor(
    readonly root: HTMLElement,
    readonly api: Api,
    readonly me: string,
  ) {
    const allow = el("button", { type: "button", id: "allow-sound" });
    allow.addEventListener("click", () => this.#testSound());
    this.#silent = new Banner("silent", allow);
    this.#queue = new QueueView(this.#book, (id) => this.#select(id), (id) => this.#openCard(id));
    this.#card = new Card({
      take: () => void this.#take(),
      takeOver: () => void this.#takeOver(),
      onTheWay: () => void this.#onTheWay(),
      close: () => this.#beginClosing(),
      next: () => this.#selectNext(),
    });
    this.#closing = new ClosingDialog((closing) => void this.#close(closing));
    this.#head = new Head(me, {
      sound: () => this.#testSound(),
      quiet: () => this.#quiet(),
      language: () => this.#switchLanguage(),
      help: () => this.#help.open(this.#keys.list),
      logOut: () => void this.#logOut(),
    });
    this.#keys = new Keys(this.#keyList(), () => this.#closing.open || this.#help.element.open);
    this.#feed = new Feed({
      greeted: () => void this.#readAll(),
      alarm: (alarm) => this.#heard(alarm, this.#book.fed(alarm, performance.now())),
      serverTime: (at) => (this.#server_ahead_ms = at - Date.now()),
      trouble: (why) => (why ? this.#trouble.show(say("trouble"), say("trouble_why", { why })) : this.#trouble.hide()),
      link: (state, silent_ms) => this.#linkIs(state, silent_ms),
      broken: () => void this.#checkSession(),
    });
  }

  begin(): void {
    this.root.replaceChildren(
      this.#notices.spoken,
      this.#head.element,
      this.#lost.element,
      this.#trouble.element,
      this.#silent.element,
      el("main", {}, this.#queue.element, this.#card.element),
      this.#notices.element,
      this.#closing.element,
      this.#help.element,
    );
    // The operator's first touch of the page is what lets it make sound.
    for (const touch of ["keydown", "pointerdown"]) {
      document.addEventListener(touch, () => this.#sound.blocked() && this.#sound.allow(), { capture: true });
    }
    this.#draw();
    this.#feed.open();
    void this.#readAll();
    startTicking(() => this.#tick());
  }

  #keyList(): Key[] {
    return [
      { keys: ["j", "arrowdown"], shown: "J ↓", word: "key_down", repeats: true, does: () => this.#move(1) },
      { keys: ["k", "arrowup"], shown: "K ↑", word: "key_up", repeats: true, does: () => this.#move(-1) },
      { keys: ["enter"], shown: "Enter", word: "key_open", does: () => this.#openCard(this.#selected) },
      { keys: ["t"], shown: "T", word: "key_take", does: () => void this.#take() },
      { keys: ["o"], shown: "O", word: "key_take_over", does: () => void this.#takeOver() },
      { keys: ["w"], shown: "W", word: "key_on_the_way", does: () => void this.#onTheWay() },
      { keys: ["c"], shown: "C", word: "key_close", does: () => this.#beginClosing() },
      { keys: ["n"], shown: "N", word: "key_next", does: () => this.#selectNext() },
      { keys: ["m"], shown: "M", word: "key_quiet", does: () => this.#quiet() },
      { keys: ["s"], shown: "S", word: "key_sound", does: () => this.#testSound() },
      { keys: ["l"], shown: "L", word: "key_language", does: () => this.#switchLanguage() },
      { keys: ["escape"], shown: "Esc", word: "key_escape", does: () => this.#backToList() },
      { keys: ["?", "？", "/"], shown: "?", word: "key_help", does: () => this.#help.open(this.#keys.list) },
    ];
  }

  // What the operator sees

  #serverNow(): number {
    return Date.now() + this.#server_ahead_ms;
  }

  #draw(): void {
    const known = this.#listed && this.#link === "up";
    if (this.#selected === null) this.#selected = this.#queue.firstWaiting();
    this.#queue.draw(this.me, this.#selected, known, this.#serverNow());
    if (this.#selected === null) {
      this.#selected = this.#queue.firstWaiting();
      if (this.#selected) this.#queue.draw(this.me, this.#selected, known, this.#serverNow());
    }
    this.#drawCard();
    this.#drawHead();
  }

  #drawCard(): void {
    const entry = this.#selected ? this.#book.get(this.#selected) : undefined;
    const busy = this.#selected !== null && this.#busy.has(this.#selected);
    const waiting = this.#queue.firstWaiting() !== null;
    this.#card.show(entry, this.#reading, { me: this.me, busy, waiting }, this.#serverNow());
    void this.#read(entry?.alarm ?? null);
  }

  #drawHead(): void {
    const alarms = this.#book.entries().map((entry) => entry.alarm);
    const waiting = alarms.filter((alarm) => alarm.state === "open" && !alarm.test);
    this.#head.draw({
      server_now_ms: this.#serverNow(),
      link: this.#link,
      sound_blocked: this.#sound.blocked(),
      quiet_s: Math.ceil(this.#sound.quietFor(performance.now()) / 1000),
      waiting: waiting.length,
    });
    document.title = waiting.length > 0 ? `(${waiting.length}) ${say("product")}` : say("product");
    if (this.#sound.blocked()) {
      this.#silent.show(say("sound_blocked"), "");
      const allow = this.#silent.element.querySelector("button");
      if (allow) allow.textContent = say("sound_allow");
    } else {
      this.#silent.hide();
    }
  }

  #tick(): void {
    const now = performance.now();
    this.#feed.tick();
    this.#remind(now);
    if (this.#book.sweep(now, closed_lingers_ms, this.#selected).length > 0) this.#draw();
    this.#queue.tick(this.#serverNow());
    this.#card.tick(this.#serverNow());
    this.#drawHead();
  }

  // What the centre says

  #heard(alarm: Alarm, news: News): void {
    if (news === "same") return;
    if (!alarm.test && (news === "new_alarm" || (news === "new_press" && alarm.state !== "closed"))) {
      const rings = alarm.priority in { high: 1, medium: 1, low: 1 } ? alarm.priority : "high";
      this.#sound.ring(rings, performance.now());
      if (rings === "high") this.#sound.loud();
      this.#notices.speak(say(news, { what: inShort(alarm) }));
    }
    this.#closing.changed(alarm);
    this.#draw();
  }

  // Rings for the most urgent one that waits; nothing rings on after somebody has taken it.
  #remind(now: number): void {
    if (this.#link === "lost") {
      this.#sound.remind("lost", now);
      return;
    }
    const waiting = this.#book
      .entries()
      .map((entry) => entry.alarm)
      .filter((alarm) => alarm.state === "open" && !alarm.test);
    if (waiting.some((alarm) => rankOf(alarm.priority) === 0)) this.#sound.remind("high", now);
    else if (waiting.some((alarm) => rankOf(alarm.priority) === 1)) this.#sound.remind("medium", now);
  }

  async #readAll(): Promise<void> {
    const asked = this.#book.mark();
    try {
      const { alarms, server_time } = await this.api.openAlarms();
      this.#listed = true;
      const at = Date.parse(server_time);
      if (!Number.isNaN(at)) this.#server_ahead_ms = at - Date.now();
      const { news, missing } = this.#book.listed(alarms, asked, performance.now());
      // One tone for the whole list: the most urgent of what is new.
      const rung = alarms.filter((alarm) => news.get(alarm.id) === "new_alarm" && !alarm.test);
      const first = rung.sort((a, b) => rankOf(a.priority) - rankOf(b.priority))[0];
      for (const alarm of alarms) this.#closing.changed(alarm);
      if (first) this.#heard(first, "new_alarm");
      else this.#draw();
      for (const id of missing) await this.#readMissing(id);
      this.#draw();
    } catch (fault) {
      this.#sessionOver(fault);
    }
  }

  // It was open here and is not in the centre's list: closed meanwhile, or never stored.
  async #readMissing(id: string): Promise<void> {
    const asked = this.#book.mark();
    try {
      const detail = await this.api.alarm(id);
      this.#heard(detail, this.#book.answered(detail, asked, performance.now()));
    } catch (fault) {
      if (fault instanceof Refusal && fault.status === 404) this.#book.forget(id);
    }
  }

  // The selected alarm's details, again whenever it has changed.
  async #read(alarm: Alarm | null): Promise<void> {
    const wanted = alarm
      ? [alarm.id, alarm.revision.start, alarm.revision.n, alarm.epoch, alarm.state, alarm.stored].join("/")
      : "";
    if (wanted === this.#read_for) return;
    const other = !wanted.startsWith(`${this.#reading.detail?.id ?? "none"}/`);
    this.#read_for = wanted;
    if (other) this.#reading = nothing_read;
    if (!alarm) return;
    try {
      const [detail, home] = await Promise.all([
        this.api.alarm(alarm.id),
        this.api.home(alarm.gateway).catch(() => null),
      ]);
      if (this.#read_for !== wanted) return;
      this.#reading = { detail, home, failed: false };
      this.#closing.read(detail);
    } catch {
      if (this.#read_for !== wanted) return;
      this.#reading = { ...this.#reading, failed: true };
    }
    this.#drawCard();
  }

  #linkIs(state: LinkState, silent_ms: number): void {
    this.#link = state;
    if (state === "lost") {
      const text = say("lost_text", { s: Math.round(silent_ms / 1000) });
      this.#lost.show(say("lost_title"), `${text} ${say("lost_connecting")}`);
      if (!this.#was_lost) this.#sound.ring("lost", performance.now());
      this.#was_lost = true;
    } else if (state === "up") {
      this.#lost.hide();
      if (this.#was_lost) this.#notices.say(say("back"), "good");
      this.#was_lost = false;
    }
    document.body.dataset["link"] = state;
    this.#draw();
  }

  async #checkSession(): Promise<void> {
    try {
      await this.api.session();
    } catch (fault) {
      this.#sessionOver(fault);
    }
  }

  #sessionOver(fault: unknown): void {
    if (fault instanceof Refusal && fault.status === 401) location.replace("/login.html?why=session");
  }

  // What the operator does

  #select(id: string | null): void {
    this.#selected = id;
    this.#draw();
    if (id) this.#queue.focus(id);
  }

  #move(by: number): void {
    const order = this.#queue.order;
    if (order.length === 0) return;
    const at = this.#selected ? order.indexOf(this.#selected) : -1;
    const to = at < 0 ? 0 : Math.min(order.length - 1, Math.max(0, at + by));
    this.#select(order[to] ?? null);
  }

  #selectNext(): void {
    const id = this.#queue.firstWaiting();
    if (id) this.#select(id);
    else this.#notices.say(say("none_waiting"));
  }

  #openCard(id: string | null): void {
    if (!id) return;
    if (id !== this.#selected) this.#select(id);
    this.#card.focus();
  }

  #backToList(): void {
    if (this.#selected) this.#queue.focus(this.#selected);
  }

  #current(): Alarm | null {
    return this.#selected ? (this.#book.get(this.#selected)?.alarm ?? null) : null;
  }

  async #take(): Promise<void> {
    const alarm = this.#current();
    if (alarm && alarm.state !== "open" && alarm.state !== "closed" && alarm.taken_by !== this.me) {
      this.#notices.say(say("take_over_first", { who: alarm.taken_by ?? say("somebody") }), "bad");
      return;
    }
    // A hasty second T must never take an alarm that the operator has not looked at.
    if (!alarm || alarm.state !== "open") {
      const waiting = this.#queue.firstWaiting();
      if (!waiting) this.#notices.say(say("none_waiting"));
      else this.#notices.say(say(alarm?.state === "closed" ? "already_closed" : "already_yours"));
      if (waiting) this.#select(waiting);
      return;
    }
    await this.#ask(alarm, "done_take", () => this.api.take(alarm.id, alarm.epoch));
  }

  // From another's hands: asked once more, since one O may be a slip of the finger.
  async #takeOver(): Promise<void> {
    const alarm = this.#current();
    if (!alarm || alarm.state === "open" || alarm.state === "closed" || alarm.taken_by === this.me) return;
    const now = performance.now();
    const asked = `${alarm.id}/${alarm.epoch}`;
    if (this.#over_asked !== asked || now - this.#over_asked_at > ask_again_ms) {
      this.#over_asked = asked;
      this.#over_asked_at = now;
      this.#notices.say(say("take_over_again", { who: alarm.taken_by ?? say("somebody") }));
      return;
    }
    this.#over_asked = "";
    await this.#ask(alarm, "done_take", () => this.api.takeOver(alarm.id, alarm.epoch));
  }

  // Says why not, if this operator can't go on with it.
  #isMine(alarm: Alarm): boolean {
    if (alarm.state === "open") this.#notices.say(say("take_first"), "bad");
    else if (alarm.taken_by !== this.me) {
      this.#notices.say(say("take_over_first", { who: alarm.taken_by ?? say("somebody") }), "bad");
    } else return true;
    return false;
  }

  async #onTheWay(): Promise<void> {
    const alarm = this.#current();
    if (!alarm || alarm.state === "closed" || !this.#isMine(alarm)) return;
    if (alarm.state === "taken") {
      await this.#ask(alarm, "done_on_the_way", () => this.api.onTheWay(alarm.id, alarm.epoch, ""));
    }
  }

  #beginClosing(): void {
    const alarm = this.#current();
    if (alarm && alarm.state !== "closed" && this.#isMine(alarm)) this.#closing.begin(alarm);
  }

  async #close(closing: Closing): Promise<void> {
    const alarm = this.#book.get(closing.id)?.alarm;
    if (!alarm) return;
    await this.#ask(alarm, "done_close", () =>
      this.api.close(closing.id, alarm.epoch, closing.seen, closing.code, closing.note),
    );
  }

  async #ask(
    alarm: Alarm,
    done: "done_take" | "done_on_the_way" | "done_close",
    request: () => Promise<Alarm>,
  ): Promise<void> {
    if (this.#busy.has(alarm.id)) return;
    this.#busy.add(alarm.id);
    this.#drawCard();
    const asked = this.#book.mark();
    try {
      const answer = await request();
      this.#busy.delete(alarm.id);
      if (done === "done_close") this.#closing.done();
      this.#heard(answer, this.#book.answered(answer, asked, performance.now()));
      this.#notices.say(say(done, { what: inShort(answer) }), "good");
    } catch (fault) {
      this.#busy.delete(alarm.id);
      const refusal = fault instanceof Refusal ? fault : new Refusal(0, "no_answer", null, null);
      const newest = refusal.alarm;
      if (newest) this.#heard(newest, this.#book.answered(newest, asked, performance.now()));
      const words = faultInWords(refusal, this.me);
      if (done === "done_close") this.#closing.refused(newest, words);
      if (refusal.code !== "newer_press") this.#notices.say(words, "bad");
      this.#sessionOver(fault);
    }
    this.#draw();
  }

  #quiet(): void {
    this.#sound.quiet(performance.now());
    this.#drawHead();
  }

  #testSound(): void {
    this.#sound.allow();
    setTimeout(() => this.#sound.ring("high", performance.now()), 120);
  }

  #switchLanguage(): void {
    chooseLanguage(language() === "zh" ? "en" : "zh");
    this.#draw();
  }

  async #logOut(): Promise<void> {
    this.#feed.close();
    await this.api.logOut().catch(() => undefined);
    location.replace("/login.html");
  }
}

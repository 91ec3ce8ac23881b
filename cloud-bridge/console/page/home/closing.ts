// The dialog that closes an alarm: an outcome by one key, a note, Enter. It remembers which revision the
// operator has seen. A press that comes while it is open is shown in it and must be confirmed, whether the
// feed or the centre's refusal brings the news.

import {
  type Alarm,
  type AlarmDetail,
  type ClosingCode,
  closing_codes,
  hasNewerPress,
  type Press,
  type Revision,
} from "../centre/alarm";
import { el, setText } from "../dom";
import { timeOfDay } from "../queue/clock";
import { say, type Word } from "../words/i18n";
import { inShort, signalOf } from "../words/tell";

export interface Closing {
  id: string;
  seen: Revision;
  code: ClosingCode;
  note: string;
}

const longest_note = 500;
// A warning that appears under a finger on its way to Enter has not been read.
const read_it_ms = 1_500;

export class ClosingDialog {
  readonly element = el("dialog", { class: "closing", id: "closing", "aria-labelledby": "closing-title" });
  #alarm: Alarm | null = null;
  #seen: Revision = { start: 0, n: 0 };
  #form = el("form", { method: "dialog" });
  #codes = new Map<ClosingCode, HTMLInputElement>();
  #note = el("input", { type: "text", id: "closing-note", maxlength: String(longest_note), autocomplete: "off" });
  #fault = el("p", { class: "warn", role: "alert" });
  #newer = el("div", { class: "newer", role: "alert" });
  #send = el("button", { type: "submit", class: "danger" });
  #busy = false;
  #seen_presses = 0;
  #new_presses: Press[] = [];
  #warned_at: number | null = null;

  constructor(readonly send: (closing: Closing) => void) {
    this.element.append(this.#form);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("close", () => (this.#alarm = null));
  }

  get open(): boolean {
    return this.element.open;
  }

  get alarmId(): string | null {
    return this.#alarm?.id ?? null;
  }

  begin(alarm: Alarm): void {
    this.#alarm = alarm;
    this.#seen = alarm.revision;
    this.#seen_presses = alarm.press_count;
    this.#new_presses = [];
    this.#warned_at = null;
    this.#busy = false;
    this.#draw();
    this.element.showModal();
    this.#codes.get(closing_codes[0])?.focus();
  }

  // The alarm changed while the dialog is open.
  changed(alarm: Alarm): void {
    if (this.#alarm?.id !== alarm.id) return;
    this.#alarm = alarm;
    if (alarm.state === "closed") {
      this.element.close();
      return;
    }
    this.#warn();
  }

  // The presses themselves, as soon as they have been read.
  read(detail: AlarmDetail): void {
    if (this.#alarm?.id !== detail.id) return;
    const in_time = [...detail.presses].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
    const fresh = in_time.slice(this.#seen_presses);
    this.#new_presses = fresh.length > 0 ? fresh : in_time.slice(-1);
    this.#warn();
  }

  // The centre said no: what was typed stays, and the operator is asked again.
  refused(alarm: Alarm | null, why: string): void {
    this.#busy = false;
    this.#send.disabled = false;
    if (alarm) this.changed(alarm);
    if (this.#alarm && !hasNewerPress(this.#alarm, this.#seen)) setText(this.#fault, why);
  }

  done(): void {
    this.element.close();
  }

  #draw(): void {
    const alarm = this.#alarm;
    if (!alarm) return;
    this.#codes.clear();
    const choices = closing_codes.map((code, i) => {
      const input = el("input", { type: "radio", name: "code", value: code, id: `code-${code}` });
      this.#codes.set(code, input);
      return el("label", { for: `code-${code}` }, input, el("kbd", {}, String(i + 1)), say(`code_${code}` as Word));
    });
    const back = el("button", { type: "button" }, say("close_cancel"), " ", el("kbd", {}, "Esc"));
    back.addEventListener("click", () => this.element.close());
    this.#note.value = "";
    this.#note.placeholder = say("close_note_hint");
    this.#send.disabled = false;
    setText(this.#fault, "");
    this.#form.replaceChildren(
      el("h2", { id: "closing-title" }, say("close_title", { what: inShort(alarm) })),
      this.#newer,
      el("fieldset", {}, el("legend", {}, say("close_code")), ...choices),
      el("label", { class: "note", for: "closing-note" }, el("span", {}, say("close_note")), this.#note),
      this.#fault,
      el("div", { class: "steps" }, back, this.#send),
    );
    this.#warn();
  }

  #warn(): void {
    const alarm = this.#alarm;
    if (!alarm) return;
    const newer = hasNewerPress(alarm, this.#seen);
    this.#newer.hidden = !newer;
    this.#newer.replaceChildren();
    if (newer) {
      this.#warned_at ??= performance.now();
      const told = this.#new_presses.map((press) =>
        el("li", {}, `${timeOfDay(press.at)} ${signalOf(press.signal)} ${press.device}`),
      );
      this.#newer.append(
        el("p", {}, say("newer_press", { n: alarm.press_count })),
        el("ul", {}, ...told),
        el("p", {}, say("newer_press_ask")),
      );
    }
    this.#send.replaceChildren(say(newer ? "newer_press_seen" : "close_send"), " ", el("kbd", {}, "Enter"));
  }

  #key(event: KeyboardEvent): void {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const writing = event.target === this.#note;
    const digit = /^(?:Digit|Numpad)([1-8])$/.exec(event.code)?.[1] ?? (/^[1-8]$/.test(event.key) ? event.key : null);
    if (!writing && digit) {
      event.preventDefault();
      const code = closing_codes[Number(digit) - 1];
      const input = code ? this.#codes.get(code) : undefined;
      if (input) input.checked = true;
      setText(this.#fault, "");
      this.#note.focus();
    } else if (event.key === "Enter" && event.repeat) {
      event.preventDefault(); // a held Enter must not run through a warning
    } else if (event.key === "Enter" && event.target instanceof HTMLInputElement && event.target.type === "radio") {
      event.preventDefault();
      event.target.checked = true;
      this.#note.focus();
    }
  }

  #submit(): void {
    const alarm = this.#alarm;
    if (!alarm || this.#busy) return;
    const code = closing_codes.find((candidate) => this.#codes.get(candidate)?.checked);
    const note = this.#note.value.trim();
    if (!code) {
      setText(this.#fault, say("close_no_code"));
      this.#codes.get(closing_codes[0])?.focus();
      return;
    }
    if (!note) {
      setText(this.#fault, say("close_no_note"));
      this.#note.focus();
      return;
    }
    if (hasNewerPress(alarm, this.#seen)) {
      if (performance.now() - (this.#warned_at ?? 0) < read_it_ms) return;
      this.#seen = alarm.revision;
      this.#seen_presses = alarm.press_count;
      this.#warned_at = null;
    }
    setText(this.#fault, "");
    this.#busy = true;
    this.#send.disabled = true;
    this.send({ id: alarm.id, seen: this.#seen, code, note });
  }
}

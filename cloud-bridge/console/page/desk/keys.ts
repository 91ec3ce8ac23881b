// The keyboard. One letter does one step; everything has a button too. Keys rest while the operator writes
// or a dialog is open, and a held key repeats only where that is harmless.

import type { Word } from "../words/i18n";

export interface Key {
  keys: string[]; // as KeyboardEvent.key, lower case
  shown: string;
  word: Word;
  repeats?: boolean;
  does: () => void;
}

export class Keys {
  constructor(
    readonly list: Key[],
    readonly resting: () => boolean,
  ) {
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  #pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (this.resting() || isWriting(event.target)) return;
    const name = nameOf(event);
    const key = this.list.find((candidate) => candidate.keys.includes(name));
    if (!key || (event.repeat && !key.repeats)) return;
    // Enter and Space belong to a button that has the focus.
    if (name === "enter" && event.target instanceof HTMLElement && event.target.closest("button, a")) return;
    event.preventDefault();
    key.does();
  }
}

// With a Chinese input method switched on, a browser may name the key "Process"; its place still tells it.
function nameOf(event: KeyboardEvent): string {
  if (event.key !== "Process" && event.key !== "Unidentified") return event.key.toLowerCase();
  return event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.code.toLowerCase();
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select") !== null;
}

// The page's words in the operator's language. Chinese unless the operator or the browser says otherwise.

import { en } from "./en";
import { type Word, zh } from "./zh";

export type Language = "zh" | "en";
export type { Word };

const lists: Record<Language, Record<Word, string>> = { zh, en };
const kept_as = "anban.language";

let current: Language = "zh";

export function language(): Language {
  return current;
}

export function chooseLanguage(wanted: Language): void {
  current = wanted;
  document.documentElement.lang = wanted === "zh" ? "zh-CN" : "en";
  try {
    localStorage.setItem(kept_as, wanted);
  } catch {
    // A browser without storage asks again next time.
  }
}

export function recallLanguage(): void {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(kept_as);
  } catch {
    kept = null;
  }
  const browser = navigator.language.toLowerCase().startsWith("en") ? "en" : "zh";
  chooseLanguage(kept === "zh" || kept === "en" ? kept : browser);
}

export function say(word: Word, values: Record<string, string | number> = {}): string {
  return lists[current][word].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

// A value of an enum of the wire. One that this page does not know yet is shown as it came.
export function sayValue(prefix: string, value: string): string {
  const word = `${prefix}_${value}`;
  return word in zh ? say(word as Word) : say("other", { what: value });
}

export function pick(words: { zh: string; en: string }): string {
  return words[current] || words.zh || words.en;
}

// zh and en, for a test that compares the lists.
export const all_lists = lists;

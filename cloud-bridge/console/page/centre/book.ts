// The page's copy of the open alarms. What the feed says is the newest; an answer to a request may have been
// overtaken by it on the way, so such an answer only counts if the feed said nothing since it was asked.

import type { Alarm } from "./alarm";
import { most_alarms } from "./api";

export interface Entry {
  alarm: Alarm;
  // The centre no longer lists it and does not know it: it was shown before it was stored and the centre
  // restarted. The gateway still has it and sends it again.
  forgotten: boolean;
  closed_here_ms: number | null; // when this page learned that it was closed
}

// What a change means for the ears.
export type News = "new_alarm" | "new_press" | "changed" | "same";

export class Book {
  #entries = new Map<string, Entry>();
  #said = new Map<string, number>();
  #count = 0;

  // A mark to be handed to `answered` and `listed` of a request that begins now.
  mark(): number {
    return this.#count;
  }

  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  entries(): Entry[] {
    return [...this.#entries.values()];
  }

  fed(alarm: Alarm, now: number): News {
    this.#said.set(alarm.id, ++this.#count);
    return this.#put(alarm, now);
  }

  answered(alarm: Alarm, asked: number, now: number): News {
    if ((this.#said.get(alarm.id) ?? 0) > asked) return "same";
    return this.#put(alarm, now);
  }

  // The whole list of open alarms. Returns the ids that stand open here and were not in it, to be asked for.
  listed(alarms: Alarm[], asked: number, now: number): { news: Map<string, News>; missing: string[] } {
    const news = new Map<string, News>();
    for (const alarm of alarms) news.set(alarm.id, this.answered(alarm, asked, now));
    const missing: string[] = [];
    if (alarms.length >= most_alarms) return { news, missing };
    for (const [id, entry] of this.#entries) {
      if (entry.alarm.state === "closed" || news.has(id)) continue;
      if ((this.#said.get(id) ?? 0) <= asked) missing.push(id);
    }
    return { news, missing };
  }

  forget(id: string): void {
    const entry = this.#entries.get(id);
    if (entry) entry.forgotten = true;
  }

  // Takes away what has been closed for longer than `linger_ms`, except the one that somebody looks at.
  sweep(now: number, linger_ms: number, except: string | null): string[] {
    const gone: string[] = [];
    for (const [id, entry] of this.#entries) {
      if (id === except || entry.closed_here_ms === null) continue;
      if (now - entry.closed_here_ms < linger_ms) continue;
      this.#entries.delete(id);
      this.#said.delete(id);
      gone.push(id);
    }
    return gone;
  }

  #put(alarm: Alarm, now: number): News {
    const old = this.#entries.get(alarm.id);
    if (!old && alarm.state === "closed") return "same"; // history is not this page's matter
    this.#entries.set(alarm.id, {
      alarm,
      forgotten: false,
      closed_here_ms: alarm.state === "closed" ? (old?.closed_here_ms ?? now) : null,
    });
    if (!old) return alarm.state === "open" ? "new_alarm" : "changed";
    if (old.alarm.state === "closed" && alarm.state === "open") return "new_alarm";
    if (alarm.press_count > old.alarm.press_count) return "new_press";
    return "changed";
  }
}

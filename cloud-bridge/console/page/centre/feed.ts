// The centre's server-sent events, with a watchdog. EventSource resumes by Last-Event-ID by itself after a
// short break; after an HTTP error or on a half-open connection it would wait for ever, so the stream is
// opened anew and the greeting makes the page read the whole list again.

import type { Alarm } from "./alarm";
import { Link, type LinkState } from "./link";

export interface FeedListener {
  // A stream begins; what was missed must be read again.
  greeted(): void;
  alarm(alarm: Alarm): void;
  serverTime(at_ms: number): void;
  // What is wrong with the centre, in its words; empty while all is well.
  trouble(why: string): void;
  link(state: LinkState, silent_ms: number): void;
  // The stream ended with an error; the session may have ended too.
  broken(): void;
}

export class Feed {
  #source: EventSource | null = null;
  #link = new Link(performance.now());
  #last_state: LinkState = "connecting";

  constructor(readonly listener: FeedListener) {}

  open(): void {
    this.#source?.close();
    this.#link.opened(performance.now());
    const source = new EventSource("/api/v1/events");
    this.#source = source;
    const hear = (name: string, then: (data: unknown) => void) =>
      source.addEventListener(name, (event) => {
        if (source !== this.#source) return;
        this.#link.heard(performance.now());
        const data = parse((event as MessageEvent<string>).data);
        if (data !== null) then(data);
        this.tick();
      });
    hear("hello", (data) => {
      this.#time(data);
      this.listener.greeted();
    });
    hear("beat", (data) => {
      this.#time(data);
      this.listener.trouble((data as { trouble?: string }).trouble ?? "");
    });
    hear("alarm", (data) => this.listener.alarm(data as Alarm));
    source.addEventListener("error", () => {
      if (source === this.#source) this.listener.broken();
    });
  }

  close(): void {
    this.#source?.close();
    this.#source = null;
  }

  // To be called four times a second.
  tick(): void {
    const now = performance.now();
    const state = this.#link.state(now);
    if (state !== this.#last_state || state === "lost") {
      this.#last_state = state;
      this.listener.link(state, this.#link.silentFor(now));
    }
    const ended = this.#source?.readyState === EventSource.CLOSED;
    if (this.#source && this.#link.shouldReopen(now, ended)) this.open();
  }

  #time(data: unknown): void {
    const at = Date.parse((data as { server_time?: string }).server_time ?? "");
    if (!Number.isNaN(at)) this.listener.serverTime(at);
  }
}

// A line that can't be read is a fault of the centre's, never the end of the page.
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

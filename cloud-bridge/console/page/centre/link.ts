// Whether the centre is still there, judged from when it was last heard. Pure: time is an argument.
// The centre sends a beat every 5 s; one that is 3 s late is missed, so
// that even a busy computer says within 10 s that the page is alone.

export const lost_after_ms = 8_000;
export const reopen_every_ms = 5_000;

export type LinkState = "connecting" | "up" | "lost";

export class Link {
  #heard_at: number | null = null;
  #begun_at: number;
  #reopened_at: number;

  constructor(now: number) {
    this.#begun_at = now;
    this.#reopened_at = now;
  }

  heard(now: number): void {
    this.#heard_at = now;
  }

  state(now: number): LinkState {
    const since = now - (this.#heard_at ?? this.#begun_at);
    if (since >= lost_after_ms) return "lost";
    return this.#heard_at === null ? "connecting" : "up";
  }

  silentFor(now: number): number {
    return now - (this.#heard_at ?? this.#begun_at);
  }

  // True when a lost stream is to be opened anew; a half-open connection never ends by itself.
  shouldReopen(now: number, ended: boolean): boolean {
    const wait = ended ? 1_000 : reopen_every_ms;
    if (!ended && this.state(now) !== "lost") return false;
    if (now - this.#reopened_at < wait) return false;
    this.#reopened_at = now;
    return true;
  }

  opened(now: number): void {
    this.#reopened_at = now;
  }
}

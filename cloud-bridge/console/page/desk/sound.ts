// The tones. Patterns after the words of IEC 60601-1-8: high is a quick burst that comes again while anyone
// waits, medium three slow tones, low one soft tone. Browsers block sound until the operator has touched the
// page once; that is never silent: `blocked()` is shown until it is mended.

import type { Priority } from "../centre/alarm";

interface Tone {
  hz: number;
  at_s: number;
  for_s: number;
}

const patterns: Record<Priority | "lost", Tone[]> = {
  high: [0, 0.16, 0.32, 0.62, 0.78].map((at_s, i) => ({ hz: [784, 988, 1175, 988, 1175][i] ?? 988, at_s, for_s: 0.13 })),
  medium: [0, 0.3, 0.6].map((at_s) => ({ hz: 659, at_s, for_s: 0.2 })),
  low: [{ hz: 523, at_s: 0, for_s: 0.25 }],
  lost: [0, 0.35, 0.7].map((at_s, i) => ({ hz: [440, 370, 311][i] ?? 370, at_s, for_s: 0.3 })),
};

const loudness: Record<Priority | "lost", number> = { high: 0.5, medium: 0.35, low: 0.2, lost: 0.5 };

// How often a waiting alarm reminds; low ones ring once.
const again_ms: Partial<Record<Priority | "lost", number>> = { high: 6_000, medium: 25_000, lost: 8_000 };
export const quiet_ms = 30_000;
const burst_ms = 1_000;

export class Sound {
  #context: AudioContext | null = null;
  #last_ms = new Map<string, number>();
  #quiet_until = 0;
  #burst_at = -Infinity;
  #burst_volume = 0;

  constructor(readonly changed: () => void) {
    try {
      this.#context = new AudioContext();
      this.#context.addEventListener("statechange", () => this.changed());
    } catch {
      this.#context = null; // no sound at all on this computer: shown as blocked
    }
  }

  blocked(): boolean {
    return this.#context?.state !== "running";
  }

  // To be called on the operator's own key or click; at any other moment the browser refuses.
  allow(): void {
    void this.#context?.resume().then(
      () => this.changed(),
      () => this.changed(),
    );
  }

  ring(kind: Priority | "lost", now: number): void {
    // Forty alarms at once are one burst of sound, not forty on top of each other.
    if (now - this.#burst_at < burst_ms && loudness[kind] <= this.#burst_volume) return;
    this.#burst_at = now;
    this.#burst_volume = loudness[kind];
    this.#last_ms.set(kind, now);
    const context = this.#context;
    if (!context || context.state !== "running") return;
    for (const tone of patterns[kind]) this.#play(context, tone, loudness[kind]);
  }

  // Rings again if it is time; a pause of the operator's holds back these only.
  remind(kind: Priority | "lost", now: number): void {
    const every = again_ms[kind];
    if (every === undefined || this.quietFor(now) > 0) return;
    if (now - (this.#last_ms.get(kind) ?? -Infinity) >= every) this.ring(kind, now);
  }

  quiet(now: number): void {
    this.#quiet_until = now + quiet_ms;
  }

  quietFor(now: number): number {
    return Math.max(0, this.#quiet_until - now);
  }

  loud(): void {
    this.#quiet_until = 0;
  }

  #play(context: AudioContext, tone: Tone, volume: number): void {
    const from = context.currentTime + 0.02 + tone.at_s;
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    oscillator.type = "triangle";
    oscillator.frequency.value = tone.hz;
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(volume, from + 0.01);
    gain.gain.setValueAtTime(volume, from + tone.for_s - 0.03);
    gain.gain.linearRampToValueAtTime(0, from + tone.for_s);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(from);
    oscillator.stop(from + tone.for_s + 0.02);
  }
}

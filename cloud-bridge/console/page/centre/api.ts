// The centre's HTTP API as typed calls. Each ends in a value or in a Refusal; nothing else is thrown.
// The session's CSRF value is kept here and travels with every change.

import type { Alarm, AlarmDetail, ClosingCode, Home, Revision } from "./alarm";

export interface Session {
  operator: string;
  csrf: string;
}

// Why the centre did not do it. `status` 0: no answer came, so what was asked may or may not have been done.
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly words: { zh: string; en: string } | null,
    readonly alarm: Alarm | null,
  ) {
    super(`${status} ${code}`);
  }
}

// An operator who waits longer than this should be told, not left with a dead key.
const answer_within_ms = 8_000;
// A longer list than this is not a list of everything that is open.
export const most_alarms = 1_000;

export class Api {
  #csrf = "";

  async session(): Promise<Session> {
    return this.#keep(await this.#ask<Session>("GET", "/session"));
  }

  async logIn(operator: string, password: string): Promise<Session> {
    return this.#keep(await this.#ask<Session>("POST", "/session", { operator, password }));
  }

  async logOut(): Promise<void> {
    await this.#ask<null>("DELETE", "/session");
  }

  openAlarms(): Promise<{ alarms: Alarm[]; server_time: string }> {
    return this.#ask("GET", `/alarms?state=open&limit=${most_alarms}`);
  }

  alarm(id: string): Promise<AlarmDetail> {
    return this.#ask("GET", `/alarms/${encodeURIComponent(id)}`);
  }

  home(gateway: string): Promise<Home> {
    return this.#ask("GET", `/homes/${encodeURIComponent(gateway)}`);
  }

  take(id: string, epoch: number): Promise<Alarm> {
    return this.#change(id, "take", { epoch });
  }

  // From another operator's hands, in so many words.
  takeOver(id: string, epoch: number): Promise<Alarm> {
    return this.#change(id, "take", { epoch, take_over: true });
  }

  onTheWay(id: string, epoch: number, note: string): Promise<Alarm> {
    return this.#change(id, "on-the-way", { epoch, note });
  }

  close(id: string, epoch: number, seen: Revision, code: ClosingCode, note: string): Promise<Alarm> {
    return this.#change(id, "close", { epoch, seen, code, note });
  }

  #keep(session: Session): Session {
    this.#csrf = session.csrf;
    return session;
  }

  #change(id: string, what: string, body: object): Promise<Alarm> {
    return this.#ask("POST", `/alarms/${encodeURIComponent(id)}/${what}`, body);
  }

  async #ask<T>(method: string, path: string, body?: object): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body) headers["Content-Type"] = "application/json";
    if (method !== "GET" && this.#csrf) headers["X-CSRF-Token"] = this.#csrf;
    const gave_up = new AbortController();
    const timer = setTimeout(() => gave_up.abort(), answer_within_ms);
    try {
      const answer = await fetch(`/api/v1${path}`, {
        method,
        headers,
        body: body ? JSON.stringify(body) : null,
        cache: "no-store",
        signal: gave_up.signal,
      });
      const text = await answer.text();
      const value: unknown = text ? JSON.parse(text) : null;
      if (answer.ok) return value as T;
      throw refusalOf(answer.status, value);
    } catch (fault) {
      if (fault instanceof Refusal) throw fault;
      throw new Refusal(0, "no_answer", null, null);
    } finally {
      clearTimeout(timer);
    }
  }
}

function refusalOf(status: number, value: unknown): Refusal {
  const told = (value ?? {}) as {
    error?: { code?: string; message_zh?: string; message_en?: string };
    alarm?: Alarm;
  };
  const { code, message_zh, message_en } = told.error ?? {};
  const words = message_zh && message_en ? { zh: message_zh, en: message_en } : null;
  return new Refusal(status, code ?? "unknown", words, told.alarm ?? null);
}

// How long somebody has been waiting. The centre's clock counts, not this computer's. Pure.

import type { Alarm } from "../centre/alarm";

// Time limits of answering (TSA): 97.5 % within the first, 99 % within the second.
export const marks_s = [60, 180] as const;

export interface Age {
  seconds: number;
  // The gateway's clock was not set when the button was pressed: the age counts from when the centre
  // heard of it, and the true one may be more.
  at_least: boolean;
}

// The moment that the age counts from, in ms UTC.
export function countsFrom(alarm: Alarm): number {
  const sure = alarm.raised_clock === "synchronised";
  const from = Date.parse(sure ? alarm.raised_at : alarm.received_at);
  return Number.isNaN(from) ? Date.parse(alarm.received_at) || 0 : from;
}

export function ageOf(alarm: Alarm, server_now_ms: number): Age {
  const seconds = Math.floor((server_now_ms - countsFrom(alarm)) / 1000);
  return { seconds: Math.max(0, seconds), at_least: alarm.raised_clock !== "synchronised" };
}

// 0, 1 or 2: how many marks have passed without a person's answer. A flat battery has no such limit.
export function marksPassed(alarm: Alarm, age: Age): number {
  if (alarm.state !== "open" || alarm.test || alarm.class === "technical") return 0;
  return marks_s.filter((mark) => age.seconds >= mark).length;
}

export function spell(seconds: number): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const s = Math.max(0, Math.floor(seconds));
  if (s < 3600) return `${two(Math.floor(s / 60))}:${two(s % 60)}`;
  if (s < 86_400) return `${Math.floor(s / 3600)}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
  return `${Math.floor(s / 86_400)}d ${two(Math.floor((s % 86_400) / 3600))}h`;
}

export function timeOfDay(iso: string | null): string {
  if (!iso) return "—";
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? "—" : at.toLocaleTimeString("zh-CN", { hour12: false });
}

// With the day, where it isn't today.
export function moment(iso: string | null, now_ms: number): string {
  if (!iso) return "—";
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "—";
  const same_day = at.toDateString() === new Date(now_ms).toDateString();
  if (same_day) return timeOfDay(iso);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${timeOfDay(iso)}`;
}

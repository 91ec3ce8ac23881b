// An alarm as the centre's API tells it. Field names are the wire's own.

export type Priority = "high" | "medium" | "low";
export type Queue = "alarm" | "service" | "test";
export type Progress = "open" | "taken" | "on_the_way" | "closed";
export type Phase = "suspected" | "active" | "cleared" | "cancelled";
export type ClockQuality = "synchronised" | "restored" | "unset";

export interface Revision {
  start: number;
  n: number;
}

export interface Evidence {
  device: string;
  signal: string;
  value: number;
  unit: string;
  at: string;
}

export interface Alarm {
  id: string;
  gateway: string;
  // Of a gateway that is not registered nothing is known.
  home: { known: boolean; name: string | null; address: string | null; phone: string | null };
  resident: { id: string; name: string } | null;
  room: { id: string; name: string } | null;
  subject: string;
  rule: string;
  title: { zh: string; en: string };
  class: string;
  priority: Priority;
  lane: string;
  queue: Queue;
  phase: Phase;
  state: Progress;
  test: boolean;
  unregistered_device: boolean;
  raised_at: string;
  raised_clock: ClockQuality;
  received_at: string;
  stored: boolean;
  stored_at: string | null;
  press_count: number;
  device: string;
  revision: Revision;
  last_press_revision: Revision | null;
  epoch: number;
  taken_by: string | null;
  taken_at: string | null;
  on_the_way_at: string | null;
  closed_at: string | null;
  closing_code: string | null;
  reopened: boolean;
  because: string;
  evidence: Evidence[];
}

export interface Press {
  device: string;
  boot: string;
  sequence: number;
  signal: string;
  at: string;
  repeat: boolean;
}

export interface Action {
  what: string;
  who: string | null; // nobody, where a timer acted
  at: string;
  code: string | null; // an outcome; of an escalation, the time that passed
  note: string | null;
}

export interface AlarmDetail extends Alarm {
  presses: Press[];
  actions: Action[];
}

export interface Home {
  gateway: string;
  known: boolean;
  residents: { id: string; name: string }[];
  rooms: { id: string; name: string }[];
  last_seen: string | null;
}

// In the order of the keys 1 to 8.
export const closing_codes = [
  "real_fall",
  "sudden_illness",
  "pressed_by_mistake",
  "device_false_alarm",
  "service_request",
  "test",
  "no_answer_visited",
  "handed_to_120",
] as const;
export type ClosingCode = (typeof closing_codes)[number];

// A press that came after `seen`: the one thing that a close must never swallow.
export function hasNewerPress(alarm: Alarm, seen: Revision): boolean {
  const last = alarm.last_press_revision;
  return last !== null && isNewer(last, seen);
}

export function isNewer(a: Revision, than: Revision): boolean {
  return a.start !== than.start ? a.start > than.start : a.n > than.n;
}

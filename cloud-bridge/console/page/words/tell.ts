// An alarm in words: what a person reads in the row, in the card and hears from a screen reader.

import type { Alarm } from "../centre/alarm";
import { pick, say, sayValue } from "./i18n";

export function titleOf(alarm: Alarm): string {
  return pick(alarm.title) || alarm.rule;
}

export function whoOf(alarm: Alarm): string {
  if (alarm.resident?.name) return alarm.resident.name;
  if (alarm.home.known && alarm.home.name) return alarm.home.name;
  return say(alarm.home.known ? "no_resident" : "unknown_gateway");
}

export function roomOf(alarm: Alarm): string {
  return alarm.room ? alarm.room.name || alarm.room.id : say("no_room");
}

export function homeOf(alarm: Alarm): string {
  if (!alarm.home.known) return `${say("unknown_gateway")} ${alarm.gateway}`;
  return [alarm.home.name, alarm.home.address].filter(Boolean).join(" · ") || alarm.gateway;
}

export function inShort(alarm: Alarm): string {
  return [sayValue("priority", alarm.priority), titleOf(alarm), whoOf(alarm), roomOf(alarm)].join(" · ");
}

export function stateOf(alarm: Alarm, me: string): string {
  const who = alarm.taken_by === null ? say("somebody") : alarm.taken_by === me ? say("by_me") : alarm.taken_by;
  switch (alarm.state) {
    case "open":
      return say("state_open");
    case "taken":
      return say("state_taken", { who });
    case "on_the_way":
      return say("state_on_the_way", { who });
    case "closed":
      return alarm.closing_code
        ? `${say("state_closed")} · ${sayValue("code", alarm.closing_code)}`
        : say("state_closed");
    default:
      return say("other", { what: String(alarm.state) });
  }
}

// The gateway's own sentence is English; the rules that everybody knows are worded here.
export function whyOf(alarm: Alarm): string {
  if (alarm.rule === "sos") return say("because_sos");
  if (alarm.rule === "service") return say("because_service");
  if (alarm.rule === "fall") {
    if (alarm.phase === "suspected") return say("because_fall_suspected");
    if (alarm.phase === "cancelled") return say("because_fall_cancelled");
    return say("because_fall_active");
  }
  return alarm.because || titleOf(alarm);
}

const yes_no = new Set([
  "sos", "service", "cancel", "fall", "bed_occupied", "presence", "motion", "door_open", "tamper", "smoke", "gas",
  "carbon_monoxide", "water", "mains", "online", "battery_low", "vibration", "seat_occupied",
  "alert", "on_oxygen", "visit_started", "visit_ended", "activity",
]);

export function valueOf(signal: string, value: number, unit: string): string {
  if (yes_no.has(signal) && unit === "") return say(value ? "yes" : "no");
  const digits = Number.isInteger(value) ? String(value) : value.toFixed(1);
  return unit ? `${digits} ${unit}` : digits;
}

export function signalOf(signal: string): string {
  return sayValue("signal", signal);
}


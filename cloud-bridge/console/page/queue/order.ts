// Who comes first: priority, then age, the oldest first. Pure.

import type { Alarm, Priority, Queue } from "../centre/alarm";
import { countsFrom } from "./clock";

const rank: Record<string, number> = { high: 0, medium: 1, low: 2 };

// A priority that this page does not know is as urgent as the highest: it must not sink out of sight.
export function rankOf(priority: Priority | string): number {
  return rank[priority] ?? 0;
}

export function compare(a: Alarm, b: Alarm): number {
  return (
    rankOf(a.priority) - rankOf(b.priority) ||
    countsFrom(a) - countsFrom(b) ||
    (a.id < b.id ? -1 : 1)
  );
}

// A test never stands among emergencies; what is of no known queue stands among the alarms.
export function queueOf(alarm: Alarm): Queue {
  if (alarm.test || alarm.queue === "test") return "test";
  return alarm.queue === "service" ? "service" : "alarm";
}

export const queues: readonly Queue[] = ["alarm", "service", "test"];

export function inOrder(alarms: Alarm[]): Record<Queue, Alarm[]> {
  const sorted: Record<Queue, Alarm[]> = { alarm: [], service: [], test: [] };
  for (const alarm of alarms) sorted[queueOf(alarm)].push(alarm);
  for (const queue of queues) sorted[queue].sort(compare);
  return sorted;
}

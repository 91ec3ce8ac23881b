// A refusal of the centre's in the operator's words.

import type { Refusal } from "../centre/api";
import { timeOfDay } from "../queue/clock";
import { language, say } from "../words/i18n";

export function faultInWords(refusal: Refusal, me: string): string {
  const alarm = refusal.alarm;
  if (refusal.status === 0) return say("no_answer");
  if (refusal.status === 401) return say("session_over");
  if (refusal.status === 409 && alarm) {
    if (alarm.state === "closed") return say("closed_meanwhile");
    if (alarm.taken_by && alarm.taken_by !== me) {
      return say("faster", { who: alarm.taken_by, t: timeOfDay(alarm.taken_at) });
    }
    return say("stale");
  }
  return say("refused", { why: refusal.words?.[language()] ?? `${refusal.code} (${refusal.status})` });
}

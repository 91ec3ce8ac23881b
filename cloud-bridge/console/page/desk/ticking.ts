// Calls back four times a second, also while the page lies behind another one: browsers slow such a page's own
// timers to once a minute, and the watchdog over the centre must not sleep. A worker's timers stay awake.

declare const trustedTypes:
  | { createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string } }
  | undefined;

const worker_at = "/tick.js";

export function startTicking(tick: () => void): void {
  try {
    const worker = new Worker(trusted(worker_at));
    worker.addEventListener("message", tick);
    worker.addEventListener("error", () => setInterval(tick, 250));
  } catch {
    setInterval(tick, 250);
  }
}

// The content security policy lets this one address through, and only under this name.
function trusted(url: string): string {
  if (typeof trustedTypes === "undefined") return url;
  return trustedTypes.createPolicy("anban", { createScriptURL: (asked) => (asked === worker_at ? asked : "") }).createScriptURL(url);
}

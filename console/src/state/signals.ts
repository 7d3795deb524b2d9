/**
 * What the page notices about itself, told to the server in small batches: failed and stale panels, answers that do not
 * match, script errors. Counts only, no addresses and no content. Bounded: what does not fit is dropped.
 */
export type SignalName = "panel_failed" | "panel_stale" | "contract_mismatch" | "script_error" | "route_latency";

const QUEUE_MAX = 50;
const FLUSH_MS = 30_000;

const queue: { name: SignalName; value?: number }[] = [];
let authorization: () => string | null = () => null;

export function startSignals(token: () => string | null): void {
  authorization = token;
  setInterval(flush, FLUSH_MS);
  window.addEventListener("pagehide", flush);
  window.addEventListener("error", () => signal("script_error"));
  window.addEventListener("unhandledrejection", () => signal("script_error"));
}

export function signal(name: SignalName, value?: number): void {
  if (queue.length < QUEUE_MAX) queue.push(value === undefined ? { name } : { name, value });
}

function flush(): void {
  const token = authorization();
  if (queue.length === 0 || !token) return;
  const body = JSON.stringify({ signals: queue.splice(0) });
  fetch("/v1/client-signals", {
    method: "POST", body, keepalive: true, credentials: "omit",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
  }).catch(() => undefined);
}

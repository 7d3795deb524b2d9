/** The state of the server itself. */
import { boolean, instant, list, nullable, number, object, optional, text } from "./decode";
import { ApiFailure } from "./failure";
import { send } from "./client";

const system = object({
  version: text,
  environment: text,
  started_at: instant,
  stream: object({
    head: number,
    committed: number,
    lag_frames: number,
    lag_seconds: nullable(number),
    bytes_on_disk: nullable(number),
    bytes_budget: nullable(number),
  }),
  event_store: object({ ok: boolean, rows: nullable(number), detail: nullable(text) }),
  ledger: object({ ok: boolean, detail: nullable(text) }),
  model: nullable(object({ ok: boolean, detail: nullable(text) })),
  roles: optional(list(text), []),
  clock: instant,
});
export type System = ReturnType<typeof system>;

export const getSystem = (projectId: string, signal: AbortSignal) =>
  send({ path: "/v1/system", query: { project_id: projectId }, signal }, system);

const readiness = object({
  status: text,
  checks: optional(list(object({ name: text, ok: boolean, detail: nullable(text), ms: nullable(number) })), []),
});
export type Readiness = ReturnType<typeof readiness>;

/** Readiness answers 503 with the same body when a check fails; that is an answer, too. */
export async function getReadiness(signal: AbortSignal): Promise<Readiness> {
  const answer = await fetch("/health/ready", { signal, cache: "no-store", credentials: "omit" }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new ApiFailure("unreachable", "The server cannot be reached.");
  });
  try {
    return readiness(await answer.json(), "");
  } catch {
    throw new ApiFailure("incompatible", "/health/ready did not answer in a known shape.", { status: answer.status });
  }
}

/** Why a request did not give what was asked for: the kind decides what the panel says and whether it tries again. */
export type FailureKind =
  | "unreachable" // no answer: the server or the network is away
  | "timeout"
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "limited" // 429
  | "refused" // any other 4xx: what we asked was wrong
  | "server" // 5xx
  | "incompatible"; // an answer that this page does not understand

export interface FieldFailure {
  pointer: string;
  code: string;
  message: string;
}

export interface FailureFacts {
  status?: number;
  code?: string;
  correlationId?: string;
  retryAfterMs?: number;
  fields?: FieldFailure[];
}

export class ApiFailure extends Error {
  readonly status: number | null;
  readonly code: string | null;
  readonly correlationId: string | null;
  readonly retryAfterMs: number | null;
  readonly fields: FieldFailure[];

  constructor(readonly kind: FailureKind, message: string, facts: FailureFacts = {}) {
    super(message);
    this.name = "ApiFailure";
    this.status = facts.status ?? null;
    this.code = facts.code ?? null;
    this.correlationId = facts.correlationId ?? null;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.fields = facts.fields ?? [];
  }

  /** Whether the same question may succeed later without anybody doing anything. */
  get passing(): boolean {
    return this.kind === "unreachable" || this.kind === "timeout" || this.kind === "server" || this.kind === "limited";
  }

  /** Whether nothing of Daybook answered: nobody did, or a proxy that could not reach it. */
  get away(): boolean {
    return this.kind === "unreachable" || isAwayStatus(this.status);
  }
}

/** What a proxy answers when there is nobody behind it. */
export const isAwayStatus = (status: number | null): boolean => status === 502 || status === 504;

export function kindOfStatus(status: number): FailureKind {
  if (status === 401) return "unauthenticated";
  if (status === 403) return "forbidden";
  if (status === 404) return "not_found";
  if (status === 406) return "incompatible";
  if (status === 429) return "limited";
  return status >= 500 ? "server" : "refused";
}

/**
 * The one way in which the console talks to the server. Adds the session's token and a request id, bounds the wait, turns
 * every kind of failure into an `ApiFailure`, and hands the body to a decoder.
 */
import { DecodeError, Decoder, isObject } from "./decode";
import { ApiFailure, FieldFailure, isAwayStatus, kindOfStatus } from "./failure";
import { reach } from "./reach";

export const REQUEST_TIMEOUT_MS_MAX = 20_000;

export interface ApiRequest {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  query?: QueryValues;
  body?: unknown;
  signal?: AbortSignal;
  timeoutMs?: number;
  idempotencyKey?: string;
  /** The media type that is asked for; JSON unless said otherwise. */
  accept?: string;
}

export type QueryValue = string | number | null | undefined | readonly string[];
export type QueryValues = Readonly<Record<string, QueryValue>>;

interface Credentials {
  token: () => string | null;
  /** Called when the server says that the token is no longer good. */
  rejected: () => void;
}

let credentials: Credentials = { token: () => null, rejected: () => undefined };

export function useCredentialsFrom(source: Credentials): void {
  credentials = source;
}

/** The path with its query; empty values are left out, lists are repeated. */
export function address(path: string, query: QueryValues = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") continue;
    if (typeof value === "string" || typeof value === "number") parameters.append(name, String(value));
    else for (const item of value) parameters.append(name, item);
  }
  const encoded = parameters.toString();
  return encoded ? `${path}?${encoded}` : path;
}

export async function send<T>(request: ApiRequest, decode: Decoder<T>): Promise<T> {
  const requestId = newRequestId();
  const token = credentials.token();
  const { answer, correlationId } = await exchange(request, requestId, token);
  if (!answer.ok) {
    const failure = await failureOf(answer, correlationId);
    if (failure.kind === "unauthenticated" && token !== null) credentials.rejected();
    throw failure;
  }
  try {
    return decode(answer.status === 204 ? null : await answer.json(), "");
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw new ApiFailure("incompatible", unreadable(request.path, error), { status: answer.status, correlationId });
  }
}

/**
 * An answer that goes on: its body piece by piece, as text. The wait is bounded until it begins; from then on the caller's
 * signal ends it. An answer of another media type is refused, so that the caller can ask in another way.
 */
export async function sendForStream(request: ApiRequest & { accept: string }): Promise<ReadableStream<Uint8Array>> {
  const token = credentials.token();
  const { answer, correlationId } = await exchange(request, newRequestId(), token);
  if (!answer.ok) {
    const failure = await failureOf(answer, correlationId);
    if (failure.kind === "unauthenticated" && token !== null) credentials.rejected();
    throw failure;
  }
  if (!answer.body || !(answer.headers.get("Content-Type") ?? "").startsWith(request.accept)) {
    throw new ApiFailure("incompatible", `${request.path} did not answer as ${request.accept}.`, { status: answer.status, correlationId });
  }
  return answer.body;
}

async function exchange(request: ApiRequest, requestId: string, token: string | null) {
  const abort = new AbortController();
  const limit = request.timeoutMs ?? REQUEST_TIMEOUT_MS_MAX;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    abort.abort();
  }, limit);
  const forward = () => abort.abort();
  request.signal?.addEventListener("abort", forward);
  const headers: Record<string, string> = { Accept: request.accept ?? "application/json", "X-Request-Id": requestId };
  if (token) headers["Authorization"] = `Bearer ${token}`;
  if (request.body !== undefined) headers["Content-Type"] = "application/json";
  if (request.idempotencyKey) headers["Idempotency-Key"] = request.idempotencyKey;
  try {
    const answer = await fetch(address(request.path, request.query), {
      method: request.method ?? "GET",
      headers,
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal: abort.signal,
      credentials: "omit",
      cache: "no-store",
    });
    if (isAwayStatus(answer.status)) reach.lost();
    else reach.answered();
    return { answer, correlationId: answer.headers.get("X-Request-Id") ?? requestId };
  } catch (error) {
    if (request.signal?.aborted) throw error;
    // Without an answer nobody may have seen the request: its id would lead nowhere.
    if (late) throw new ApiFailure("timeout", `No answer within ${Math.round(limit / 1000)} s.`);
    reach.lost();
    throw new ApiFailure("unreachable", "The server cannot be reached.");
  } finally {
    clearTimeout(timer);
    // A stream's body is read after this; its signal goes on ending it.
    if (request.accept === undefined) request.signal?.removeEventListener("abort", forward);
  }
}

/** What another kind of exchange (an upload with progress, a stream of events) needs to speak for the same session. */
export function sessionHeaders(): { headers: Record<string, string>; requestId: string } {
  const requestId = newRequestId();
  const token = credentials.token();
  return { requestId, headers: { "X-Request-Id": requestId, ...(token ? { Authorization: `Bearer ${token}` } : {}) } };
}

/** The body of an answer as it is, for saving. Bounded by the reader's patience alone: it may be long. */
export async function fetchBlob(path: string): Promise<Blob> {
  const { headers, requestId } = sessionHeaders();
  const answer = await fetch(path, { headers, credentials: "omit", cache: "no-store" }).catch(() => {
    throw new ApiFailure("unreachable", "The server cannot be reached.");
  });
  if (!answer.ok) throw await failureOf(answer, answer.headers.get("X-Request-Id") ?? requestId);
  return answer.blob();
}

export async function failureOf(answer: Response, correlationId: string): Promise<ApiFailure> {
  const body: unknown = await answer.json().catch(() => null);
  return problemOf(body, answer.status, answer.headers.get("Retry-After"), correlationId);
}

/** An RFC 9457 body, or what stands in its place, as a failure. */
export function problemOf(body: unknown, status: number, retryAfterSeconds: string | null, correlationId: string): ApiFailure {
  const problem = isObject(body) ? body : {};
  const say = (name: string) => (typeof problem[name] === "string" ? (problem[name] as string) : undefined);
  const retryAfter = Number(retryAfterSeconds ?? NaN);
  return new ApiFailure(kindOfStatus(status), say("detail") ?? say("title") ?? `The server answered ${status}.`, {
    status,
    code: say("code"),
    correlationId: say("correlation_id") ?? correlationId,
    retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1000 : undefined,
    fields: fieldFailures(problem["errors"]),
  });
}

function fieldFailures(value: unknown): FieldFailure[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isObject).map((item) => ({
    pointer: String(item["pointer"] ?? ""),
    code: String(item["code"] ?? ""),
    message: String(item["message"] ?? ""),
  }));
}

function unreadable(path: string, error: unknown): string {
  const reason = error instanceof DecodeError ? error.message : "the body is not JSON";
  return `The answer of ${path} does not have the shape that this page knows (${reason}).`;
}

/** 16 random bytes in hex: accepted by the server as the correlation id, so that what failed can be found in its log. */
export function newRequestId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

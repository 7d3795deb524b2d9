/**
 * The query cache: every answer is kept under its question, shown at once when it is asked for again, and fetched anew behind
 * it (stale-while-revalidate). Each question has its own state, so panels load, fail and go stale alone.
 *
 * Retries are bounded: `RETRIES_MAX` with growing pauses, then the entry rests until a person or the next poll asks again.
 * While the server cannot be reached there is no such end, as nobody is burdened: pauses grow to `AWAY_PAUSES_MS`'s last, and
 * the first answer to any request has all that wait for one asked again (`wake`).
 * At most `ENTRIES_MAX` answers are kept; the one unused for the longest time goes first.
 */
import { ApiFailure } from "../api/failure";
import { signal } from "./signals";

export const RETRIES_MAX = 3;
export const ENTRIES_MAX = 120;
const RETRY_PAUSES_MS = [1_000, 4_000, 8_000];
const AWAY_PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
const RETRY_AFTER_MS_MAX = 60_000;

export interface Question<T> {
  /** Identifies the question: same key, same answer. Begins with its family, such as "attempts?". */
  key: string;
  ask: (signal: AbortSignal) => Promise<T>;
  /** An answer younger than this is not asked for again. */
  freshForMs: number;
}

export interface Answer<T> {
  data: T | undefined;
  /** When the data arrived. */
  arrivedAt: number | null;
  failure: ApiFailure | null;
  /** True while a request is under way. */
  asking: boolean;
  /** How many tries in a row have failed. */
  failedTries: number;
  /** When the next try comes by itself. */
  retryAt: number | null;
}

interface Entry {
  answer: Answer<unknown>;
  question: Question<unknown> | null;
  abort: AbortController | null;
  timer: unknown;
  listeners: Set<() => void>;
  usedAt: number;
}

export interface Timing {
  now: () => number;
  after: (ms: number, action: () => void) => unknown;
  cancel: (timer: unknown) => void;
}

export const systemTiming: Timing = {
  now: () => Date.now(),
  after: (ms, action) => setTimeout(action, ms),
  cancel: (timer) => clearTimeout(timer as number),
};

const nothing: Answer<never> = {
  data: undefined, arrivedAt: null, failure: null, asking: false, failedTries: 0, retryAt: null,
};

export class QueryCache {
  private entries = new Map<string, Entry>();

  constructor(private readonly timing: Timing = systemTiming) {}

  read<T>(key: string): Answer<T> {
    return (this.entries.get(key)?.answer ?? nothing) as Answer<T>;
  }

  /** Calls back at each change of the answer, until the returned function is called. */
  subscribe(key: string, listener: () => void): () => void {
    const entry = this.entry(key);
    entry.listeners.add(listener);
    return () => {
      entry.listeners.delete(listener);
      if (entry.listeners.size === 0) this.rest(entry);
    };
  }

  /** Asks unless a fresh answer is there, or one is already on its way. */
  want<T>(question: Question<T>): void {
    const entry = this.entry(question.key);
    entry.question = question as Question<unknown>;
    entry.usedAt = this.timing.now();
    const { arrivedAt, asking, failure, retryAt } = entry.answer;
    if (asking || retryAt !== null) return;
    const fresh = arrivedAt !== null && this.timing.now() - arrivedAt < question.freshForMs;
    if (!fresh || failure) this.ask(entry, 0);
  }

  /** The same question with a newer closure: a rolling range moves on while its key stays. */
  renew<T>(question: Question<T>): void {
    const entry = this.entries.get(question.key);
    if (entry) entry.question = question as Question<unknown>;
  }

  /** Asks now, whatever is there. */
  again(key: string): void {
    const entry = this.entries.get(key);
    if (!entry?.question || entry.answer.asking) return;
    this.timing.cancel(entry.timer);
    this.ask(entry, 0);
  }

  /** Asks now what failed and is on the screen: all of it that waiting may cure, or only what nobody answered. */
  wake(only: "away" | "passing"): void {
    for (const [key, entry] of this.entries) {
      const { failure } = entry.answer;
      if (entry.listeners.size > 0 && failure && (only === "away" ? failure.away : failure.passing)) this.again(key);
    }
  }

  /** Puts an answer that came by another way, such as the result of a change. */
  put<T>(key: string, data: T): void {
    const entry = this.entry(key);
    this.change(entry, { ...nothing, data, arrivedAt: this.timing.now() });
  }

  /** Makes every answer of a family old; those on the screen are asked for again. */
  outdate(family: string): void {
    for (const [key, entry] of this.entries) {
      if (!key.startsWith(family)) continue;
      if (entry.listeners.size > 0) this.again(key);
      else this.entries.delete(key);
    }
  }

  clear(): void {
    for (const entry of this.entries.values()) {
      this.rest(entry);
      this.change(entry, nothing);
    }
    for (const [key, entry] of this.entries) if (entry.listeners.size === 0) this.entries.delete(key);
  }

  private entry(key: string): Entry {
    let entry = this.entries.get(key);
    if (!entry) {
      this.makeRoom();
      entry = { answer: nothing, question: null, abort: null, timer: null, listeners: new Set(), usedAt: this.timing.now() };
      this.entries.set(key, entry);
    }
    return entry;
  }

  private ask(entry: Entry, failedTries: number): void {
    const question = entry.question;
    if (!question) return;
    const abort = new AbortController();
    entry.abort = abort;
    this.change(entry, { ...entry.answer, asking: true, failedTries, retryAt: null });
    question.ask(abort.signal).then(
      (data) => {
        if (!abort.signal.aborted) this.change(entry, { ...nothing, data, arrivedAt: this.timing.now() });
      },
      (error: unknown) => {
        if (!abort.signal.aborted) this.failed(entry, asFailure(error), failedTries + 1);
      },
    );
  }

  private failed(entry: Entry, failure: ApiFailure, failedTries: number): void {
    signal(failure.kind === "incompatible" ? "contract_mismatch" : entry.answer.data === undefined ? "panel_failed" : "panel_stale");
    const again = failure.away || (failure.passing && failedTries <= RETRIES_MAX);
    const pauses = failure.away ? AWAY_PAUSES_MS : RETRY_PAUSES_MS;
    const pause = Math.min(failure.retryAfterMs ?? pauses[failedTries - 1] ?? pauses[pauses.length - 1] ?? 8_000, RETRY_AFTER_MS_MAX);
    const retryAt = again ? this.timing.now() + pause : null;
    this.change(entry, { ...entry.answer, failure, asking: false, failedTries, retryAt });
    if (again) entry.timer = this.timing.after(pause, () => this.ask(entry, failedTries));
  }

  /** Nobody looks any more: stop asking. */
  private rest(entry: Entry): void {
    this.timing.cancel(entry.timer);
    entry.abort?.abort();
    entry.abort = null;
    entry.answer = { ...entry.answer, asking: false, retryAt: null };
  }

  private change(entry: Entry, answer: Answer<unknown>): void {
    entry.answer = answer;
    for (const listener of [...entry.listeners]) listener();
  }

  private makeRoom(): void {
    if (this.entries.size < ENTRIES_MAX) return;
    let oldest: string | null = null;
    let oldestUse = Infinity;
    for (const [key, entry] of this.entries) {
      if (entry.listeners.size === 0 && entry.usedAt < oldestUse) {
        oldest = key;
        oldestUse = entry.usedAt;
      }
    }
    if (oldest !== null) this.entries.delete(oldest);
  }
}

function asFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  return new ApiFailure("incompatible", error instanceof Error ? error.message : "The answer could not be used.");
}

export const cache = new QueryCache();

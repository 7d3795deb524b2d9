/**
 * Finds out that the server is back. While nothing answers, its liveness is asked for with growing pauses: what failed may have
 * been no question of a panel, and then nothing else would ask again.
 */
import { isAwayStatus } from "../api/failure";
import { Reach, reach } from "../api/reach";
import { Timing, cache, systemTiming } from "./cache";

const PAUSES_MS = [1_000, 2_000, 4_000, 8_000];
/** Away again within this time, the pauses go on growing: a proxy may answer for a server that does not. */
const STEADY_MS = 15_000;

const PROBE_MS_MAX = 10_000;

/** Asks whether anything answers; never fails. */
export type Probe = () => Promise<boolean>;

export class Return {
  private timer: unknown = null;
  private tries = 0;
  private backAt = -Infinity;
  private next: number | null = null;
  private listeners = new Set<() => void>();

  constructor(private readonly of: Reach, private readonly probe: Probe, private readonly timing: Timing = systemTiming) {}

  /** Begins to follow the reach. Called once. */
  start(): void {
    this.of.subscribe((away) => {
      this.timing.cancel(this.timer);
      if (away) {
        if (this.timing.now() - this.backAt >= STEADY_MS) this.tries = 0;
        this.wait();
      } else {
        this.backAt = this.timing.now();
        this.say(null);
      }
    });
  }

  /** When it is asked for next; null while it is there, and while an answer is waited for. */
  nextAt = (): number | null => this.next;

  /** Asks now, where it is away. */
  now = (): void => {
    if (this.next === null) return;
    this.timing.cancel(this.timer);
    this.ask();
  };

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  private wait(): void {
    const pause = PAUSES_MS[Math.min(this.tries, PAUSES_MS.length - 1)] ?? 1_000;
    this.tries += 1;
    this.timer = this.timing.after(pause, () => this.ask());
    this.say(this.timing.now() + pause);
  }

  private ask(): void {
    this.say(null);
    this.probe().then((back) => {
      if (!this.of.isAway()) return;
      if (back) this.of.answered();
      else this.wait();
    }, () => this.of.isAway() && this.wait());
  }

  private say(next: number | null): void {
    this.next = next;
    for (const listener of [...this.listeners]) listener();
  }
}

/** Whether anybody but a proxy with nobody behind it answers. A page that nobody sees does not ask. */
async function isLive(): Promise<boolean> {
  if (document.visibilityState !== "visible") return false;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PROBE_MS_MAX);
  const answer = await fetch("/health/live", { cache: "no-store", credentials: "omit", signal: abort.signal }).finally(() => clearTimeout(timer));
  return !isAwayStatus(answer.status);
}

export const serverReturn = new Return(reach, isLive);

/** Has what failed asked again as soon as the server answers anything, the network is back, or somebody looks again. */
export function startWaking(): void {
  serverReturn.start();
  reach.subscribe((away) => { if (!away) cache.wake("away"); });
  const again = () => {
    serverReturn.now();
    cache.wake("passing");
  };
  window.addEventListener("online", again);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") again(); });
}

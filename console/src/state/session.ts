/**
 * Who is signed in. The token lives in sessionStorage: it ends with the tab, and no other site's request can carry it. A new
 * tab asks the others for theirs (`sharing.ts`).
 * When the server refuses it, the sign-in page appears over the same address, so that signing in returns to the view.
 */
import { useSyncExternalStore } from "react";
import { Project, Session, currentSession, signIn, signOut } from "../api/accounts";
import { useCredentialsFrom } from "../api/client";
import { ApiFailure } from "../api/failure";
import { reach } from "../api/reach";
import { cache } from "./cache";
import { Sharing, shareSession } from "./sharing";
import { startSignals } from "./signals";

const STORAGE_KEY = "daybook.session";
/** Pauses between the tries to take up a session that was kept. */
const RESUME_PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
const RETRY_AFTER_MS_MAX = 60_000;

export type SessionState =
  | { phase: "checking" }
  | { phase: "signed_out"; because: "never" | "ended" | "left" }
  | { phase: "unreachable"; failure: ApiFailure; retryAt: number }
  | { phase: "signed_in"; session: Session };

let state: SessionState = { phase: "checking" };
let token: string | null = null;
let sharing: Sharing | null = null;
let resuming = { asking: false, tries: 0, timer: 0 };
const listeners = new Set<() => void>();

function become(next: SessionState): void {
  state = next;
  for (const listener of [...listeners]) listener();
}

function remember(value: string | null): void {
  token = value;
  try {
    if (value) window.sessionStorage.setItem(STORAGE_KEY, value);
    else window.sessionStorage.removeItem(STORAGE_KEY);
  } catch {
    // Storage may be switched off; the session then lives as long as the page.
  }
}

function stored(): string | null {
  try {
    return window.sessionStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}

export function startSession(): void {
  useCredentialsFrom({
    token: () => token,
    rejected: () => {
      if (state.phase !== "signed_in") return;
      remember(null);
      cache.clear();
      become({ phase: "signed_out", because: "ended" });
    },
  });
  startSignals(() => token);
  sharing = shareSession({
    token: () => (state.phase === "signed_in" ? token : null),
    left: (ended) => {
      if (ended === token) becomeLeft();
    },
  });
  reach.subscribe((away) => { if (!away && state.phase === "unreachable") resumeSession(); });
  resumeSession();
}

/** Asks the server whether the stored token, or that of another tab, is still good. */
export function resumeSession(): void {
  const known = stored();
  if (known) return resume(known);
  become({ phase: "checking" });
  (sharing?.ask() ?? Promise.resolve(null)).then((shared) => {
    if (state.phase !== "checking") return;
    if (shared === null) return become({ phase: "signed_out", because: "never" });
    remember(shared);
    resume(shared);
  }, () => become({ phase: "signed_out", because: "never" }));
}

/** Asks for the session of a kept token until the server says yes or no: nobody has to reload the page after an outage. */
function resume(known: string): void {
  if (resuming.asking) return;
  window.clearTimeout(resuming.timer);
  resuming = { ...resuming, asking: true, tries: resuming.tries + 1 };
  token = known;
  if (state.phase !== "unreachable") become({ phase: "checking" });
  currentSession(known).then(
    (session) => {
      resuming = { asking: false, tries: 0, timer: 0 };
      become({ phase: "signed_in", session });
    },
    (error: unknown) => {
      resuming = { ...resuming, asking: false };
      if (error instanceof ApiFailure && error.passing) return resumeLater(known, error);
      resuming = { ...resuming, tries: 0 };
      remember(null);
      become({ phase: "signed_out", because: "ended" });
    },
  );
}

function resumeLater(known: string, failure: ApiFailure): void {
  const pause = Math.min(failure.retryAfterMs ?? RESUME_PAUSES_MS[Math.min(resuming.tries, RESUME_PAUSES_MS.length) - 1] ?? 15_000, RETRY_AFTER_MS_MAX);
  resuming = { ...resuming, timer: window.setTimeout(() => resume(known), pause) };
  become({ phase: "unreachable", failure, retryAt: Date.now() + pause });
}

export async function enter(email: string, password: string): Promise<void> {
  const session = await signIn(email, password);
  remember(session.token);
  become({ phase: "signed_in", session });
}

export function leave(): void {
  signOut().catch(() => undefined);
  if (token !== null) sharing?.left(token);
  becomeLeft();
}

function becomeLeft(): void {
  remember(null);
  cache.clear();
  become({ phase: "signed_out", because: "left" });
}

export function addProject(project: Project): void {
  if (state.phase !== "signed_in") return;
  const { session } = state;
  become({ phase: "signed_in", session: { ...session, projects: [...session.projects, project] } });
}

export function useSession(): SessionState {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => state,
  );
}

/**
 * Who is signed in. The token lives in sessionStorage: it ends with the tab, and no other site's request can carry it. A new
 * tab asks the others for theirs (`sharing.ts`).
 * When the server refuses it, the sign-in page appears over the same address, so that signing in returns to the view.
 */
import { useSyncExternalStore } from "react";
import { Project, Session, currentSession, signIn, signOut } from "../api/accounts";
import { useCredentialsFrom } from "../api/client";
import { ApiFailure } from "../api/failure";
import { cache } from "./cache";
import { Sharing, shareSession } from "./sharing";
import { startSignals } from "./signals";

const STORAGE_KEY = "daybook.session";

export type SessionState =
  | { phase: "checking" }
  | { phase: "signed_out"; because: "never" | "ended" | "left" }
  | { phase: "unreachable"; failure: ApiFailure }
  | { phase: "signed_in"; session: Session };

let state: SessionState = { phase: "checking" };
let token: string | null = null;
let sharing: Sharing | null = null;
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

function resume(known: string): void {
  token = known;
  become({ phase: "checking" });
  currentSession(known).then(
    (session) => become({ phase: "signed_in", session }),
    (error: unknown) => {
      if (error instanceof ApiFailure && error.passing) return become({ phase: "unreachable", failure: error });
      remember(null);
      become({ phase: "signed_out", because: "ended" });
    },
  );
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

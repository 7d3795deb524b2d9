/**
 * Hands the session to other tabs of this browser, so that a number opened in a new tab does not ask for the password again.
 *
 * A BroadcastChannel reaches pages of the same origin alone, and those could already use the session: whatever script runs
 * there can ask the API in the tab that has it, and no other site's page can listen. Nothing is written to disk, no request
 * carries the token by itself, and it still ends with the last tab that holds it: that is why it is no cookie and not in
 * localStorage. A tab answers only while it is signed in. Leaving in one tab leaves in those that hold the same token, which
 * the server has ended by then; a tab that signed in by itself, perhaps as somebody else, stays.
 */
const NAME = "daybook.session";
/** How long a new tab waits for one that is signed in; the sign-in page comes after it. */
export const ASK_MS_MAX = 300;

type Message = { kind: "ask" } | { kind: "token"; token: string } | { kind: "left"; token: string };

/** What is used of a BroadcastChannel. */
export interface Channel {
  postMessage: (message: unknown) => void;
  onmessage: ((event: MessageEvent) => void) | null;
}

export interface Sharing {
  /** Asks the other tabs; null when none has answered in time. */
  ask: () => Promise<string | null>;
  left: (token: string) => void;
}

interface Sharer {
  /** What this tab is signed in with. */
  token: () => string | null;
  /** Another tab has left with this token. */
  left: (token: string) => void;
}

/** Without a channel (an old browser, a test) each tab is alone. */
export function shareSession(own: Sharer, channel: Channel | null = openChannel(), askMs = ASK_MS_MAX): Sharing {
  if (!channel) return { ask: () => Promise.resolve(null), left: () => undefined };
  const say = (message: Message) => channel.postMessage(message);
  let waiting: ((token: string | null) => void) | null = null;
  channel.onmessage = (event) => {
    const message = read(event.data);
    if (message?.kind === "ask") {
      const token = own.token();
      if (token !== null) say({ kind: "token", token });
    } else if (message?.kind === "token") waiting?.(message.token);
    else if (message?.kind === "left") own.left(message.token);
  };
  return {
    ask: () => new Promise((resolve) => {
      const end = (token: string | null) => {
        waiting = null;
        clearTimeout(timer);
        resolve(token);
      };
      const timer = setTimeout(() => end(null), askMs);
      waiting = end;
      say({ kind: "ask" });
    }),
    left: (token) => say({ kind: "left", token }),
  };
}

function openChannel(): Channel | null {
  return typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(NAME);
}

function read(data: unknown): Message | null {
  if (typeof data !== "object" || data === null) return null;
  const { kind, token } = data as { kind?: unknown; token?: unknown };
  if (kind === "ask") return { kind };
  return (kind === "token" || kind === "left") && typeof token === "string" && token !== "" ? { kind, token } : null;
}

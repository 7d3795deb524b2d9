/** What the form's settings must look like, and what is in its snippet. Pure. */

/** An absolute https address; http only on this machine. Null when it is good. */
export function addressProblem(address: string): string | null {
  let url: URL;
  try {
    url = new URL(address.trim());
  } catch {
    return "An absolute address, such as https://example.com/thanks";
  }
  const local = url.hostname === "localhost" || url.hostname === "127.0.0.1" || url.hostname === "[::1]";
  if (url.protocol === "https:" || (url.protocol === "http:" && local)) return null;
  return "It must begin with https:// (http:// only for localhost).";
}

/** Scheme, host and port alone. */
export function originProblem(origin: string): string | null {
  const problem = addressProblem(origin);
  if (problem) return problem.replace("/thanks", "");
  const url = new URL(origin.trim());
  return url.pathname === "/" && !url.search && !url.username ? null : `Without a path: ${url.origin}`;
}

/** Names that mean something else in a form. */
const TAKEN = ["idempotency_key", "success_redirect", "failure_redirect", "email", "phone", "name", "external_id", "source", "channel", "consent", "session_id"];

export function honeypotProblem(name: string): string | null {
  if (!/^[A-Za-z0-9_:-]{1,64}$/.test(name.trim())) return "1 to 64 letters, digits, _ or -";
  return TAKEN.includes(name.trim()) ? "That is the name of a real field." : null;
}

/** A redirect leads to one of the targets, or to an address below it. */
export function redirectProblem(address: string, targets: readonly string[]): string | null {
  const problem = addressProblem(address);
  if (problem) return problem;
  const wanted = new URL(address.trim());
  const within = targets.some((target) => {
    if (addressProblem(target)) return false;
    const allowed = new URL(target);
    return wanted.origin === allowed.origin && (wanted.pathname === allowed.pathname || wanted.pathname.startsWith(allowed.pathname.replace(/\/?$/, "/")));
  });
  return within ? null : "Not on the list above, nor below an address of it.";
}

export function listProblems(values: readonly string[], check: (value: string) => string | null): Record<number, string> {
  const out: Record<number, string> = {};
  values.forEach((value, index) => {
    if (value.trim() === "") return;
    const problem = check(value) ?? (values.findIndex((other) => other.trim() === value.trim()) < index ? "It is there already." : null);
    if (problem) out[index] = problem;
  });
  return out;
}

export const filled = (values: readonly string[]): string[] => values.map((value) => value.trim()).filter(Boolean);

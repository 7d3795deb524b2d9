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
  if (url.protocol === "https:" || (url.protocol === "http:" && local)) return url.hash ? "Without the part after #." : null;
  return "It must begin with https:// (http:// only for localhost).";
}

/** Scheme, host and port alone. */
export function originProblem(origin: string): string | null {
  const problem = addressProblem(origin);
  if (problem) return problem.replace("/thanks", "");
  const url = new URL(origin.trim());
  return url.pathname === "/" && !url.search && !url.username ? null : `Without a path: ${url.origin}`;
}

export const honeypotProblem = (name: string): string | null => (/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name.trim()) ? null : "A letter, then letters, digits, _ or -");

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

/** Samples as people paste them: one object, a list, or one a line. Pure. */
import { isObject } from "../../api/decode";

export const SAMPLES_MAX = 1_000;

export function parseSamples(pasted: string, source: string): { samples: Record<string, unknown>[] } | { problem: string } {
  const text = pasted.trim();
  if (text === "") return { problem: "Paste at least one submission." };
  const read = whole(text) ?? lines(text);
  if ("problem" in read) return read;
  if (read.values.length > SAMPLES_MAX) return { problem: `At most ${SAMPLES_MAX} samples at once; these are ${read.values.length}.` };
  const samples: Record<string, unknown>[] = [];
  for (const [index, value] of read.values.entries()) {
    if (!isObject(value)) return { problem: `Sample ${index + 1} is not a JSON object.` };
    samples.push(submission(value, source));
  }
  return { samples };
}

/** The members of `fields` alone are put into a submission. */
function submission(value: Record<string, unknown>, source: string): Record<string, unknown> {
  if (isObject(value["fields"]) || isObject(value["user"])) return { source, ...value };
  return { user: { external_id: "sample" }, source, consent: true, fields: value };
}

type Read = { values: unknown[] } | { problem: string };

function whole(text: string): Read | null {
  try {
    const value = JSON.parse(text) as unknown;
    return { values: Array.isArray(value) ? value : [value] };
  } catch {
    return null;
  }
}

function lines(text: string): Read {
  const values: unknown[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    try {
      values.push(JSON.parse(line) as unknown);
    } catch (error) {
      return { problem: `Line ${index + 1} is not JSON: ${error instanceof Error ? error.message : "it cannot be read"}.` };
    }
  }
  return { values };
}

/** Puts a report's figures into its texts. Pure. */
import type { ReportFigure } from "../../api/reports";

export interface Segment {
  text: string;
  figure: ReportFigure | null;
}

/** Whether a figure's section is this text: `user_behaviour[1]`; a section of one text is also named without its number. */
export function isIn(figure: ReportFigure, section: string, index: number | null): boolean {
  if (index === null) return figure.section === section;
  return figure.section === `${section}[${index}]` || (index === 0 && figure.section === section);
}

/**
 * The text in pieces, each figure a piece of its own. A figure stands where its offsets say when its text is there; else
 * where its text is found next, not inside of a longer number. What is not found is left out.
 */
export function segmentsOf(text: string, figures: readonly ReportFigure[]): Segment[] {
  const placed: { start: number; figure: ReportFigure }[] = [];
  let from = 0;
  for (const figure of [...figures].sort((one, other) => (one.start ?? 0) - (other.start ?? 0))) {
    const exact = figure.start !== null && figure.start >= from && text.slice(figure.start, figure.start + figure.text.length) === figure.text;
    const start = exact ? figure.start ?? -1 : find(text, figure.text, from);
    if (start < 0) continue;
    placed.push({ start, figure });
    from = start + figure.text.length;
  }
  const out: Segment[] = [];
  let at = 0;
  for (const { start, figure } of placed) {
    if (start > at) out.push({ text: text.slice(at, start), figure: null });
    out.push({ text: figure.text, figure });
    at = start + figure.text.length;
  }
  if (at < text.length) out.push({ text: text.slice(at), figure: null });
  return out;
}

function find(text: string, wanted: string, from: number): number {
  for (let at = text.indexOf(wanted, from); at >= 0 && wanted !== ""; at = text.indexOf(wanted, at + 1)) {
    const before = text.charAt(at - 1);
    const after = text.slice(at + wanted.length, at + wanted.length + 2);
    if (!/[\d.,:]/.test(before) && !/^\d|^[.,:]\d/.test(after)) return at;
  }
  return -1;
}

/** What goes into somebody else's ticket or message: plain text that says the same as the page. Pure. */
import type { AttemptDetail, FieldVerdict, LimitVerdict } from "../api/attempts";
import type { Report } from "../api/reports";
import { exact } from "./numbers";
import { clockSeconds, dateOf, longDay, momentSeconds, utc } from "./times";
import { aftermath, verdict } from "./verdict";
import { visible } from "./visible";

interface Around {
  zone: string;
  now: number;
  /** The address of the page that shows it. */
  link: string;
}

/** "2026-11-27 14:02:10 in America/New_York (2026-11-27 19:02:10.482 UTC)": read elsewhere, on another day. */
const written = (at: number, zone: string): string => `${dateOf(at, zone)} ${clockSeconds(at, zone)} in ${zone} (${utc(at)})`;

/** No-break spaces of the page are plain ones in a text. */
const plain = (text: string): string => visible(text.replace(/[\u202f\u00a0]/g, " "));

/** One attempt: the verdict, its time, the fields and limits that refused it, the person's other tries, its address. */
export function attemptText({ attempt }: AttemptDetail, { fields, limits, tries }: { fields: readonly FieldVerdict[]; limits: readonly LimitVerdict[]; tries: AttemptDetail["retries"] }, { zone, now, link }: Around): string {
  const refusing = limits.filter((limit) => !limit.allowed);
  const passes = refusing.flatMap((limit) => (limit.passes_at === null ? [] : [limit.passes_at]));
  const others = tries.filter((row) => row.attempt_id !== attempt.attempt_id);
  const after = aftermath(attempt, tries);
  const lines = [
    `Attempt ${exact(attempt.sequence)}: ${verdict(attempt, { zone, now, passesAt: passes.length > 0 ? Math.max(...passes) : null })}`,
    `Received: ${written(attempt.received_at, zone)}`,
    `Source: ${attempt.source}${attempt.channel ? `, channel ${attempt.channel}` : ""}`,
    `User: ${attempt.user_id ?? "not named"}`,
    ...(attempt.failure_code ? [`Code: ${attempt.failure_code}`] : []),
    ...fields.filter((field) => field.result === "failed").map((field) => `Field ${field.pointer || "/"}: ${field.code ?? "failed"}${field.message ? `. ${field.message}` : ""}`),
    ...refusing.map((limit) => `Limit ${limit.rule_id}: reached${limit.passes_at === null ? "" : `; the next submission passes at ${written(limit.passes_at, zone)}`}`),
    ...(after === null ? [] : [`Afterwards: ${after}`]),
    ...others.map((row) => `Other try ${exact(row.sequence)}: ${row.outcome}${row.failure_code ? ` (${row.failure_code})` : ""}, ${momentSeconds(row.received_at, zone, attempt.received_at)}`),
    `Attempt id: ${attempt.attempt_id}`,
    link,
  ];
  return `${lines.map(plain).join("\n")}\n`;
}

const SECTIONS = [["Executive summary", "executive_summary"], ["User behaviour", "user_behaviour"], ["System behaviour", "system_behaviour"]] as const;

/** A report in Markdown; `countedUntil` where its day went on after it was written. */
export function reportMarkdown(report: Report, { date, project, by, countedUntil }: { date: string; project: string; by: string; countedUntil: number | null }, { zone, link }: Around): string {
  const { sections, grounding } = report;
  const list = (texts: readonly string[]) => (texts.length === 0 ? "The report says nothing here." : texts.length === 1 ? texts[0] ?? "" : texts.map((text) => `- ${text}`).join("\n"));
  const signals = sections.misconfiguration_signals.map((signal) => `- **${signal.title}**${signal.confidence === null ? "" : ` (confidence: ${signal.confidence})`}${signal.evidence.map((text) => `\n  ${text}`).join("")}`);
  const parts = [
    `# ${longDay(date)}, ${project}`,
    ...(countedUntil === null ? [] : [`As of ${written(countedUntil, zone)}: the day went on.`]),
    ...SECTIONS.map(([title, name]) => `## ${title}\n\n${list(sections[name])}`),
    `## Misconfiguration signals\n\n${signals.length === 0 ? "None found." : signals.join("\n")}`,
    `## Confidence and scope\n\n${list(sections.confidence_and_scope)}`,
    [
      `Written by ${by}${report.generated_at === null ? "" : `, ${written(report.generated_at, zone)}`}; version ${report.version}.`,
      ...(grounding && grounding.checked > 0 ? [`${grounding.supported} of ${grounding.checked} figures are in the day's snapshot.`] : []),
      link,
    ].join("\n"),
  ];
  return `${parts.map(plain).join("\n\n")}\n`;
}

/** The same without the marks of Markdown. */
export const withoutMarks = (markdown: string): string => markdown.replace(/^#+ /gm, "").replace(/\*\*/g, "");

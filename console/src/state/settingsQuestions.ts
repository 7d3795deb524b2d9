/** The questions of Settings and of long work: sources with what is switched on, limits, exports, jobs. */
import { Attempt, listAttempts } from "../api/attempts";
import { SourceCounts, getBySource } from "../api/bySource";
import { ExportPage, listExports } from "../api/exports";
import { ApiFailure } from "../api/failure";
import { JobPage, listJobs } from "../api/jobs";
import { LimitRule, SubmissionLimits, getLimits } from "../api/limits";
import { Field, FieldSchema, SchemaRow, getSchema, listSchemas } from "../api/schemas";
import { Form, Webhook, listForms, listWebhooks } from "../api/ways";
import { DAY, addDays, startOf } from "../words/times";
import { Question } from "./cache";
import { Scope } from "./project";

const FRESH_MS = 15_000;
const FRESH_JOBS_MS = 2_000;
/** A source that was silent for longer is listed only when something is set up for it. */
export const SOURCE_MEMORY_DAYS = 30;
export const JOBS_PAGE = 50;

export interface SourceRow {
  source: string;
  schema: SchemaRow | null;
  form: Form | null;
  webhook: Webhook | null;
  /** Rules that hold for this source alone. */
  limits: LimitRule[];
  today: SourceCounts | null;
  recent: SourceCounts | null;
}

export interface SourcesAnswer {
  sources: SourceRow[];
  /** Rules that hold for every source. */
  general: LimitRule[];
  partial: boolean;
  missing: string[];
}

/** Everything that is known about sources, put together; a part that does not answer is named in `missing`. */
export function sourcesOf(scope: Scope): Question<SourcesAnswer> {
  const id = scope.project.project_id;
  return {
    key: `sources?${id}|${scope.today}`,
    freshForMs: FRESH_MS,
    ask: async (signal) => {
      const today = { from: startOf(scope.today, scope.zone), to: startOf(addDays(scope.today, 1), scope.zone) };
      const span = (from: number, to: number) => ({ project_id: id, from: new Date(from).toISOString(), to: new Date(to).toISOString(), limit: 100 });
      const [schemas, forms, webhooks, limits, counts, recent] = await Promise.all([
        settled(listSchemas(id, signal)), settled(listForms(id, signal)), settled(listWebhooks(id, signal)), settled(getLimits(id, signal)),
        settled(getBySource(span(today.from, today.to), signal)), settled(getBySource(span(today.to - SOURCE_MEMORY_DAYS * DAY, today.to), signal)),
      ]);
      const parts: [string, Settled<unknown>][] = [["the field schemas", schemas], ["the forms", forms], ["the webhooks", webhooks], ["the limits", limits], ["today's attempts", counts], ["earlier attempts", recent]];
      const failed = parts.filter(([, part]) => part.failure !== null);
      const first = failed[0]?.[1].failure;
      if (first && failed.length === parts.length) throw first;
      const names = new Set<string>([
        ...(schemas.value?.schemas ?? []).map((row) => row.source), ...(forms.value?.forms ?? []).map((row) => row.source), ...(webhooks.value?.webhooks ?? []).map((row) => row.source),
        ...(limits.value?.rules ?? []).flatMap((rule) => (rule.source === null ? [] : [rule.source])),
        ...[...(counts.value?.rows ?? []), ...(recent.value?.rows ?? [])].flatMap((row) => (row.value === null ? [] : [row.value])),
      ]);
      const rows = [...names].map((source): SourceRow => ({
        source,
        schema: (schemas.value?.schemas ?? []).find((row) => row.source === source) ?? null,
        form: (forms.value?.forms ?? []).find((row) => row.source === source) ?? null,
        webhook: (webhooks.value?.webhooks ?? []).find((row) => row.source === source) ?? null,
        limits: (limits.value?.rules ?? []).filter((rule) => rule.source === source),
        today: (counts.value?.rows ?? []).find((row) => row.value === source) ?? null,
        recent: (recent.value?.rows ?? []).find((row) => row.value === source) ?? null,
      }));
      rows.sort((one, other) => (other.recent?.events ?? 0) - (one.recent?.events ?? 0) || (one.source < other.source ? -1 : 1));
      return { sources: rows, general: (limits.value?.rules ?? []).filter((rule) => rule.source === null), partial: failed.length > 0, missing: failed.map(([name]) => name) };
    },
  };
}

interface Settled<T> { value: T | null; failure: ApiFailure | null }

async function settled<T>(asked: Promise<T>): Promise<Settled<T>> {
  try {
    return { value: await asked, failure: null };
  } catch (error) {
    if (error instanceof ApiFailure) return { value: null, failure: error };
    throw error;
  }
}

/** The newest attempt of one source, or null when there is none within the memory. */
export function lastAttemptOf(scope: Scope, source: string): Question<Attempt | null> {
  const id = scope.project.project_id;
  return {
    key: `last-attempt?${id}|${source}`,
    freshForMs: FRESH_MS,
    ask: async (signal) => {
      const to = startOf(addDays(scope.today, 1), scope.zone);
      const page = await listAttempts({ project_id: id, source: [source], from: new Date(to - SOURCE_MEMORY_DAYS * DAY).toISOString(), to: new Date(to).toISOString(), limit: 1 }, signal);
      return page.attempts[0] ?? null;
    },
  };
}

export interface SchemaAnswer extends FieldSchema {
  /** What holds while no version is on. */
  builtin: Field[];
}

export function schemaOf(scope: Scope, source: string): Question<SchemaAnswer> {
  const id = scope.project.project_id;
  return {
    key: `schema?${id}|${source}`, freshForMs: FRESH_MS,
    // The list says whether there is a schema, so that a source without one is no failed request.
    ask: async (signal) => {
      const { schemas, builtin } = await listSchemas(id, signal);
      const found = schemas.some((row) => row.source === source) ? await getSchema(id, source, signal) : { source, active_version: null, versions: [] };
      return { ...found, builtin };
    },
  };
}

export function formOf(scope: Scope, source: string): Question<Form | null> {
  const id = scope.project.project_id;
  return {
    key: `form?${id}|${source}`, freshForMs: FRESH_MS,
    ask: async (signal) => (await listForms(id, signal)).forms.find((form) => form.source === source) ?? null,
  };
}

export function webhookOf(scope: Scope, source: string): Question<Webhook> {
  const id = scope.project.project_id;
  return {
    key: `webhook?${id}|${source}`, freshForMs: FRESH_MS,
    ask: async (signal) => (await listWebhooks(id, signal)).webhooks.find((webhook) => webhook.source === source) ?? { source, secrets: [] },
  };
}

export function limitsOf(scope: Scope): Question<SubmissionLimits> {
  const id = scope.project.project_id;
  return { key: `limits?${id}`, freshForMs: FRESH_MS, ask: (signal) => getLimits(id, signal) };
}

export function exportsOf(scope: Scope): Question<ExportPage> {
  const id = scope.project.project_id;
  return { key: `exports?${id}`, freshForMs: FRESH_JOBS_MS, ask: (signal) => listExports({ project_id: id, limit: JOBS_PAGE }, signal) };
}

export function jobsOf(scope: Scope, kind: string | null, status: string | null, limit = JOBS_PAGE): Question<JobPage> {
  const id = scope.project.project_id;
  return {
    key: `jobs?${id}|${kind ?? ""}|${status ?? ""}|${limit}`, freshForMs: FRESH_JOBS_MS,
    ask: (signal) => listJobs({ project_id: id, kind, status, limit }, signal),
  };
}

/** Bulk import: a file goes up in one request, a job reads it. */
import { fetchBlob, address, problemOf, sessionHeaders } from "./client";
import { DecodeError, number, object, optional, record, text } from "./decode";
import { ApiFailure } from "./failure";
import { startedJob } from "./jobs";
import { projectPath } from "./ways";

/** What the server takes in one file. */
export const IMPORT_BYTES_MAX = 256 * 1024 * 1024;

export interface ImportOptions {
  name: string;
  source: string;
  channel: string;
  consent: boolean;
  /** Column name to target; a column without a target is skipped. */
  map: readonly { column: string; target: string | null; factor?: number }[];
}

/** A comma, colon, star or per cent sign inside of a column's name would end it. */
const escaped = (column: string): string => column.replace(/[%,:*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);

export function importQuery(options: ImportOptions) {
  const mapped = options.map.filter((entry) => entry.target !== null);
  const skipped = options.map.filter((entry) => entry.target === null);
  return {
    name: options.name,
    source: options.source,
    channel: options.channel,
    consent: options.consent ? "true" : "",
    map: mapped.map((entry) => `${escaped(entry.column)}${entry.factor !== undefined && entry.factor !== 1 ? `*${entry.factor}` : ""}:${entry.target}`).join(","),
    skip: skipped.map((entry) => escaped(entry.column)).join(","),
  };
}

export interface Upload {
  jobId: Promise<string>;
  abort: () => void;
}

/** Sends the file with its progress in bytes, which fetch does not tell. */
export function uploadImport(projectId: string, file: Blob, options: ImportOptions, onProgress: (sent: number) => void): Upload {
  const request = new XMLHttpRequest();
  const { headers, requestId } = sessionHeaders();
  const jobId = new Promise<string>((done, refuse) => {
    request.open("POST", address(projectPath(projectId, "imports"), importQuery(options)));
    for (const [name, value] of Object.entries({ ...headers, "Content-Type": "text/csv", Accept: "application/json", "Idempotency-Key": requestId })) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onabort = () => refuse(new ApiFailure("refused", "The upload was stopped; nothing was imported.", { code: "stopped" }));
    request.onerror = () => refuse(new ApiFailure("unreachable", "The connection broke while the file was being sent; nothing was imported."));
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status < 200 || request.status > 299) {
        return refuse(problemOf(body, request.status, request.getResponseHeader("Retry-After"), request.getResponseHeader("X-Request-Id") ?? requestId));
      }
      try {
        done(startedJob(body, ""));
      } catch (error) {
        refuse(new ApiFailure("incompatible", error instanceof DecodeError ? error.message : "The answer is not understood.", { correlationId: requestId }));
      }
    };
    request.send(file);
  });
  return { jobId, abort: () => request.abort() };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return null;
  }
}

const importResult = object({ rows: number, leads: number, failures: number, by_code: optional(record(number), {}), errors_href: optional(text, "") });
export type ImportResult = ReturnType<typeof importResult>;

/** What an import came to; null while nothing can be said. */
export function resultOfImport(result: unknown): ImportResult | null {
  try {
    return importResult(result, "");
  } catch {
    return null;
  }
}

/** The failing rows as they were sent, with their line and reason. */
export const fetchImportErrors = (projectId: string, jobId: string): Promise<Blob> => fetchBlob(projectPath(projectId, "imports", jobId, "errors"));

// A double of the Daybook server, for browser tests alone: it serves the built console and plausible answers, and can be told
// to be slow, to fail, to be empty or to answer nonsense. Nothing of the product uses it; the product's own tests use the
// product's own server.
//
//   node server.mjs --console ../../../console/dist [--port 0] [--days 24] [--seed 7]
//
// Prints {"event":"ready","url":…} once it listens. PUT /__double/faults takes a list of
// {"path":"/v1/analytics/funnel","mode":"slow|error|corrupt|version|unknown_day|forbidden|unauthenticated|drop","ms":…,"times":…};
// PUT /__double/world takes {"days":0,"job_step_ms":…} and the like; every job is forgotten with the old world.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { parseArgs } from "node:util";
import * as data from "./data.mjs";
import * as attempts from "./attempts.mjs";
import * as days from "./days.mjs";
import { Jobs } from "./jobs.mjs";
import { Settings } from "./settings.mjs";
import { sealKey } from "./proof.mjs";

const { values: options } = parseArgs({ options: {
  console: { type: "string" }, port: { type: "string", default: "0" }, days: { type: "string", default: "24" }, seed: { type: "string", default: "7" },
} });

export const EMAIL = "owner@example.com";
export const PASSWORD = "correct horse";
const TOKEN = "dbs_double";
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8" };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

let settings = { days: Number(options.days), seed: Number(options.seed) };
let world = data.makeWorld({ now: Date.now(), ...settings });
/** A world with the same attempts is begun anew from them: hashing a chain of rows takes a second or two. */
const FRESH_MS = 600_000;
let jobs = new Jobs();
let setUp = new Settings({ world, jobs, isEmpty: settings.days === 0 });
let faults = [];
let requests = 0;

const server = createServer((request, response) => {
  handle(request, response).catch((error) => {
    console.error(error);
    response.writeHead(500).end(String(error));
  });
});
server.listen(Number(options.port), "127.0.0.1", () => {
  console.log(JSON.stringify({ event: "ready", url: `http://127.0.0.1:${server.address().port}` }));
});

async function handle(request, response) {
  const url = new URL(request.url, "http://double");
  response.setHeader("X-Request-Id", request.headers["x-request-id"] ?? `req_${(requests += 1)}`);
  if (url.pathname.startsWith("/__double/")) return control(request, response, url);
  if (!url.pathname.startsWith("/v1/") && !url.pathname.startsWith("/health/")) return file(response, url.pathname);
  const fault = faults.find((candidate) => url.pathname.startsWith(candidate.path) && (candidate.times ?? 1) > 0);
  if (fault) {
    if (fault.times !== undefined) fault.times -= 1;
    if (fault.mode === "drop") return request.socket.destroy();
    if (fault.mode === "error") return problem(response, 500, "internal_error", "The event store did not answer.");
    if (fault.mode === "unknown_day") return problem(response, 404, "not_found", "The project has nothing on that date; its first day is 2026-01-01. Use that date or a later one.");
    if (fault.mode === "forbidden") return problem(response, 403, "scope_missing", "Your role may not read this.");
    if (fault.mode === "unauthenticated") return problem(response, 401, "credentials_expired", "The session has expired.");
    if (fault.mode === "corrupt") return json(response, 200, { contract: { name: "broken", version: 1 }, generated_at: new Date().toISOString(), steps: "none" });
    if (fault.mode === "slow") await new Promise((done) => setTimeout(done, fault.ms ?? 3000));
  }
  if (url.pathname === "/v1/session" && request.method === "POST") return signIn(response, await body(request));
  if (url.pathname.startsWith("/health/")) return json(response, 200, { status: "ready", checks: [{ name: "canary", ok: true, detail: null, ms: 3.2 }, { name: "stream", ok: true, detail: null, ms: 0.2 }, { name: "event_store", ok: true, detail: null, ms: 1.4 }, { name: "ledger", ok: true, detail: null, ms: 0.6 }] });
  const tokened = /^\/v1\/exports\/[^/]+\/files\//.test(url.pathname) && url.searchParams.has("token");
  if (!tokened && request.headers.authorization !== `Bearer ${TOKEN}`) return problem(response, 401, "credentials_invalid", "The session is not known.");
  return answer(request, response, url, fault?.mode === "version" ? 2 : 1);
}

async function answer(request, response, url, version) {
  const query = url.searchParams;
  const [, , second, third, fourth, fifth, sixth, seventh] = url.pathname.split("/");
  const wrap = (name, payload) => json(response, 200, {
    contract: { name, version }, generated_at: new Date().toISOString(), data_as_of: new Date().toISOString(), partial: false, missing: [],
    project_id: query.get("project_id"), range: { from: new Date(data.range(world, query).from).toISOString(), to: new Date(data.range(world, query).to).toISOString(), granularity: query.get("granularity") }, ...payload,
  });
  const answered = await setUp.answer(request, response, {
    path: url.pathname.split("/").slice(2).map(decodeURIComponent), query, wrap, json: (status, value) => json(response, status, value), problem: (status, code, detail, errors) => problem(response, status, code, detail, errors), body: () => body(request),
  });
  if (answered) return;
  if (second === "session") return request.method === "DELETE" ? response.writeHead(204).end() : json(response, 200, session());
  if (second === "analytics") {
    switch (third) {
      case "overview": return wrap("overview", data.overview(world, query.get("date") ?? data.local(world.now).date, world.now));
      case "funnel-metrics": return wrap("funnel_metrics", data.funnel(world, query));
      case "failures": return wrap("failures", data.failures(world, query));
      case "timeseries": return wrap("timeseries", data.timeseries(world, query));
      case "facets": return wrap("facets", data.facets(world, query));
      case "trends": return wrap("trends", days.trends(world, query));
      case "realtime-snapshot": return wrap("realtime_snapshot", data.realtime(world));
    }
  }
  if (second === "attempts") {
    if (!third) return json(response, 200, attempts.attemptsPage(world, query));
    if (fourth === "proof") {
      const proof = attempts.proof(world, third);
      if (proof === "open") return problem(response, 409, "day_not_closed", "The day of this attempt is still open: it has no seal yet.");
      return proof ? wrap("inclusion_proof", settings.broken_proofs ? { ...proof, canonical: { ...proof.canonical, fields: proof.canonical.fields.map((field) => (field[0] === "source" ? ["source", "text", "forged"] : field)) } } : proof) : problem(response, 404, "not_found", `There is no attempt ${third} in this project.`);
    }
    const found = attempts.attempt(world, third);
    return found ? json(response, 200, found) : problem(response, 404, "not_found", `There is no attempt ${third} in this project.`);
  }
  if (second === "jobs") {
    if (!third) return wrap("jobs", { jobs: jobs.list(query), page: { next_cursor: null, has_more: false } });
    const job = jobs.get(third);
    if (!job) return problem(response, 404, "not_found", `There is no job ${third} in this project.`);
    if (fourth === "events") return jobs.stream(job, response);
    return wrap("job", { job: fourth === "cancel" ? jobs.cancel(job) : job });
  }
  if (second === "client-signals") return json(response, 202, {});
  if (second === "system") return json(response, 200, data.system(world));
  if (second === "projects" && !third && request.method === "POST") return json(response, 201, { project_id: `prj_new${data.PROJECTS.length}`, ...(await body(request)) });
  if (second === "projects") return ofProject(request, response, query, { area: fourth, item: fifth, part: sixth, more: seventh });
  return problem(response, 404, "not_found", "There is nothing at this address.");
}

/** Days, their checks and reports. */
function ofDay(request, response, query, { item, part, more }) {
  if (!item) return json(response, 200, { days: days.days(world, query.get("from") ?? "0000") });
  if (!part) return json(response, 200, days.day(world, item));
  if (part === "verify" && request.method === "POST") return json(response, 202, { job_id: days.verify(world, item, jobs, settings.broken_days === 1).job_id });
  if (part === "report" && request.method === "POST") return json(response, 202, { job_id: days.write(world, item, query.get("new_version") === "true", jobs).job_id });
  if (part === "report" && more === "versions") return json(response, 200, { versions: days.versionRows(world, item) });
  if (part === "report" && more === "compare") {
    const compared = days.compare(world, item, Number(query.get("from")), Number(query.get("to")));
    return compared ? json(response, 200, compared) : problem(response, 404, "not_found", "One of the versions does not exist.");
  }
  const report = part === "report" ? days.report(world, item, query.get("version") ? Number(query.get("version")) : null) : null;
  return report ? json(response, 200, { report }) : problem(response, 404, "not_found", "No report was written for this day.");
}

async function ofProject(request, response, query, { area, item, part, more }) {
  if (area === "books") return json(response, 200, data.books(world, query.get("date") ?? data.local(world.now).date));
  if (area === "days") return ofDay(request, response, query, { item, part, more });
  if (area === "seals" && item === "key") return json(response, 200, { key_id: sealKey.key_id, algorithm: "Ed25519", public_key: sealKey.public_key, keys: [sealKey] });
  if (area === "keys" && request.method === "GET") return json(response, 200, { keys: world.keys });
  if (area === "keys" && request.method === "POST") {
    const wanted = await body(request);
    const key = { key_id: `key_${world.keys.length + 1}`, prefix: "dbk_northwind_9a21", name: wanted.name, scopes: wanted.scopes, created_at: new Date().toISOString(), expires_at: wanted.expires_at ?? null, last_used_at: null, revoked_at: null };
    world.keys.push(key);
    return json(response, 201, { ...key, api_key: "dbk_northwind_9a21c0ffee9a21c0ffee9a21c0ffee" });
  }
  if (area === "keys" && request.method === "DELETE") {
    const key = world.keys.find((candidate) => candidate.key_id === item);
    if (key) key.revoked_at = new Date().toISOString();
    return response.writeHead(204).end();
  }
  return problem(response, 404, "not_found", "There is nothing at this address.");
}

async function control(request, response, url) {
  const wanted = await body(request);
  if (url.pathname === "/__double/faults") faults = wanted;
  if (url.pathname === "/__double/world") {
    const before = settings;
    settings = { days: Number(options.days), seed: Number(options.seed), ...wanted };
    const same = before.days === settings.days && before.seed === settings.seed && Date.now() - world.now < FRESH_MS;
    world = same ? data.begunAnew(world, settings) : data.makeWorld({ now: Date.now(), ...settings });
    jobs = new Jobs({ stepMs: settings.job_step_ms ?? 120 });
    setUp = new Settings({ world, jobs, isEmpty: settings.days === 0 });
  }
  response.writeHead(204).end();
}

function signIn(response, wanted) {
  if (wanted.email !== EMAIL || wanted.password !== PASSWORD) return problem(response, 401, "sign_in_failed", "Email and password do not match.");
  return json(response, 201, { token: TOKEN, ...session() });
}

const session = () => ({
  expires_at: new Date(Date.now() + 8 * 3_600_000).toISOString(), member: { member_id: "mem_1", email: EMAIL, role: "owner" },
  organisation: { organisation_id: "org_1", name: "Harbour Mortgage" }, projects: data.PROJECTS, environment: "dev",
});

async function body(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text ? JSON.parse(text) : {};
}

/** As long as a source's and a channel's name may be. */
const LONG_SOURCE = "partner_api".padEnd(64, "_with_a_long_name");
const LONG_CHANNEL = "paid_search".padEnd(64, "_with_a_long_name");

function json(response, status, value) {
  const text = JSON.stringify(value);
  const told = settings.long_names ? text.replaceAll("partner_api", LONG_SOURCE).replaceAll("paid_search", LONG_CHANNEL) : text;
  response.writeHead(status, { "Content-Type": "application/json" }).end(told);
}

function problem(response, status, code, detail, errors = []) {
  response.writeHead(status, { "Content-Type": "application/problem+json" }).end(JSON.stringify({ type: `https://daybook.dev/errors/${code}`, title: code, status, detail, code, correlation_id: response.getHeader("X-Request-Id"), errors }));
}

function file(response, path) {
  const name = path === "/" ? "index.html" : normalize(path).replace(/^(\.\.[/\\])+/, "");
  try {
    const content = readFileSync(join(options.console, name));
    response.writeHead(200, { "Content-Type": TYPES[extname(name)] ?? "application/octet-stream", "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff" }).end(content);
  } catch {
    response.writeHead(404).end();
  }
}

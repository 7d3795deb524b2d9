// What is set up in the double: forms, webhooks, field schemas, limits, and the long work that begins there (imports, exports).
// Answers as the real server's contract says, from the same made-up attempts as everything else.
import { createHash } from "node:crypto";
import { filtered } from "./data.mjs";

const DAY = 86_400_000;
const iso = (instant) => new Date(instant).toISOString();
const sha = (text) => createHash("sha256").update(text).digest("hex");
const NAME = /^[A-Za-z0-9_.:-]{1,64}$/;
const BUILTIN = [{ name: "state", type: "us_state", required: false, description: "The two letters of a US state" }, { name: "loan_amount", type: "number", required: false, min: 1, max: 100_000_000 }, { name: "term_months", type: "integer", required: false, min: 12, max: 480 }];
const field = (name, type, more = {}) => ({ name, type, required: false, ...more });

export class Settings {
  constructor({ world, jobs, isEmpty }) {
    this.world = world;
    this.jobs = jobs;
    const now = world.now;
    this.forms = new Map(isEmpty ? [] : [["web_form", { source: "web_form", is_enabled: true, redirect_targets: ["https://northwind.example/thanks", "https://northwind.example/again"], success_redirect: "https://northwind.example/thanks", failure_redirect: null, allowed_origins: ["https://northwind.example"], honeypot: "website", updated_at: iso(now - 3 * DAY) }]]);
    this.webhooks = new Map(isEmpty ? [] : [["webhook", [
      { secret_id: "whs_2", prefix: "whsec_Zm9v", created_at: iso(now - 2 * 3_600_000), expires_at: null, revoked_at: null, last_used_at: iso(now - 9_000) },
      { secret_id: "whs_1", prefix: "whsec_YmFy", created_at: iso(now - 60 * DAY), expires_at: iso(now + 22 * 3_600_000), revoked_at: null, last_used_at: iso(now - 40_000) },
      { secret_id: "whs_0", prefix: "whsec_b2xk", created_at: iso(now - 90 * DAY), expires_at: null, revoked_at: iso(now - 60 * DAY), last_used_at: iso(now - 61 * DAY) },
    ]]]);
    this.schemas = new Map(isEmpty ? [] : [["web_form", { active: 2, versions: [
      { version: 1, created_at: iso(now - 20 * DAY), created_by: "member:mem_1", note: "The first form", activated_at: iso(now - 20 * DAY), fields: [field("state", "us_state", { required: true }), field("loan_amount", "number", { min: 1, max: 5_000_000 })] },
      { version: 2, created_at: iso(now - 6 * DAY), created_by: "member:mem_1", note: "Terms are a list, the purpose is asked for", activated_at: iso(now - 6 * DAY), fields: [field("state", "us_state", { required: true }), field("loan_amount", "number", { required: true, min: 1, max: 2_000_000, description: "In dollars" }), field("term_years", "enum", { values: ["15", "20", "30"] }), field("purpose", "text", { min_length: 2, max_length: 120 })] },
    ] }], ["partner_api", { active: null, versions: [{ version: 1, created_at: iso(now - 2 * DAY), created_by: "member:mem_1", note: "", activated_at: null, fields: [field("partner_ref", "text", { required: true, max_length: 40, pattern: "^[A-Z]{2}-[0-9]+$" })] }] }]]);
    this.limits = { updated_at: isEmpty ? null : iso(now - 8 * DAY), rules: isEmpty ? [] : [
      { rule_id: "user_default", applies_to: "user", source: null, algorithm: "token_bucket", limit: 30, window_seconds: 60, burst: 30 },
      { rule_id: "partner", applies_to: "source", source: "partner_api", algorithm: "sliding_window", limit: 1000, window_seconds: 3600, burst: null },
      { rule_id: "key_hour", applies_to: "key", source: null, algorithm: "token_bucket", limit: 5, window_seconds: 1, burst: 50 },
    ] };
    this.exports = [];
    this.count = 0;
    if (!isEmpty) this.#history(now);
  }

  /** Finished work of the last days, for the lists. */
  #history(now) {
    const done = (kind, ago, more) => ({
      job_id: `job_${kind}_${ago}`, kind, status: "succeeded", progress: { done: 1_989, total: 1_989, unit: "rows" }, phase: null, created_at: iso(now - ago), started_at: iso(now - ago + 400), finished_at: iso(now - ago + 9_400),
      tries: 1, tries_max: 3, next_try_at: null, attempts: [{ try: 1, started_at: iso(now - ago + 400), ended_at: iso(now - ago + 9_400), outcome: "succeeded", detail: null }], result: null, error: null, about: null, ...more,
    });
    this.jobs.add(done("verify", 2 * DAY, { about: { date: iso(now - 3 * DAY).slice(0, 10) }, result: { passed: true, rows: 1_042, rows_per_second: 91_000 } }));
    this.jobs.add(done("report", DAY, { status: "failed", progress: { done: 1, total: 3, unit: "steps" }, tries: 3, error: { code: "model_unreachable", message: "No model server answers at http://127.0.0.1:11434." }, about: { date: iso(now - DAY).slice(0, 10) }, attempts: [1, 2, 3].map((count) => ({ try: count, started_at: iso(now - DAY + count * 8_000), ended_at: iso(now - DAY + count * 8_000 + 2_000), outcome: "failed", detail: "connection refused" })) }));
    this.jobs.add(done("import", 5 * 3_600_000, { about: { name: "applications-march.csv", source: "bulk_import", channel: null, consent: true }, result: { rows: 1_989, leads: 1_921, failures: 68, by_code: { field_range: 41, duplicate_lead: 22, email_invalid: 5 }, errors_href: "/v1/projects/prj_northwind/imports/job_import_18000000/errors" } }));
  }

  /** True when the question was one of these and has been answered. */
  async answer(request, response, { path, query, wrap, json, problem, body }) {
    const [second, third, area, item, part, more] = path;
    const method = request.method;
    if (second === "analytics" && third === "breakdown") {
      const groups = new Map();
      for (const row of filtered(this.world, query)) {
        const found = groups.get(row.source) ?? { value: row.source, events: 0, successes: 0, failures: 0 };
        found.events += 1;
        found[row.outcome === "success" ? "successes" : "failures"] += 1;
        groups.set(row.source, found);
      }
      return wrap("breakdown", { by: "source", rows: [...groups.values()].sort((a, b) => b.events - a.events), other: null, page: { next_cursor: null, has_more: false } }), true;
    }
    if (second === "exports") return (await this.#exports(method, response, { id: third, area, item, query, wrap, json, problem, body }), true);
    if (second !== "projects" || !third) return false;
    if (area === "forms") return (await this.#form(method, response, { source: item, wrap, json, problem, body }), true);
    if (area === "webhooks") return (await this.#webhook(method, response, { source: item, part, id: more, wrap, json, problem, body }), true);
    if (area === "schemas") return (await this.#schema(method, response, { source: item, part, wrap, json, problem, body }), true);
    if (area === "limits") return (await this.#limits(method, response, { wrap, problem, body }), true);
    if (area === "imports") return (await this.#import(request, response, { id: item, part, query, json, problem }), true);
    return false;
  }

  #snippet(form) {
    const address = `http://localhost:8080/v1/projects/prj_northwind/leads/form/${form.source}`;
    return [
      `<form method="post" action="${address}" accept-charset="utf-8">`, `  <p><label>Email <input type="email" name="email" autocomplete="email" required maxlength="254"></label></p>`, `  <p><label>Phone <input type="tel" name="phone" autocomplete="tel" placeholder="+12125550123"></label></p>`,
      `  <p><label>State <select name="state"><option>CA</option><option>NY</option></select></label></p>`, `  <p><label><input type="checkbox" name="consent" value="yes" required> I agree to be contacted</label></p>`,
      `  <div style="position:absolute;left:-10000px" aria-hidden="true">`, `    <label>Leave this empty <input name="${form.honeypot}" tabindex="-1" autocomplete="off"></label>`, `  </div>`,
      `  <input type="hidden" name="channel" value="organic">`, `  <input type="hidden" name="idempotency_key" value="">`, `  <script>`, `    document.currentScript.parentElement.elements["idempotency_key"].value = Date.now().toString(36);`, `  </script>`, `  <p><button type="submit">Send</button></p>`, `</form>`,
    ].join("\n");
  }

  async #form(method, response, { source, wrap, json, problem, body }) {
    const told = (form) => ({ ...form, snippet: this.#snippet(form) });
    if (!source) return wrap("forms", { forms: [...this.forms.values()].map(told) });
    if (method === "DELETE") {
      this.forms.delete(source);
      return response.writeHead(204).end();
    }
    if (method === "PUT") {
      const wanted = await body();
      const errors = wanted.redirect_targets.flatMap((target, index) => (target.includes("refused") ? [{ pointer: `/redirect_targets/${index}`, code: "field_value", message: "This host is not allowed here." }] : []));
      if (errors.length > 0) return problem(422, "field_value", "A redirect target is not allowed.", errors);
      const form = { source, ...wanted, updated_at: iso(Date.now()) };
      this.forms.set(source, form);
      return wrap("form", { ...told(form) });
    }
    const form = this.forms.get(source);
    return form ? json(200, told(form)) : problem(404, "not_found", `No form is set up for ${source}.`);
  }

  async #webhook(method, response, { source, part, id, wrap, json, problem, body }) {
    if (!source) return wrap("webhooks", { webhooks: [...this.webhooks].map(([name, secrets]) => ({ source: name, secrets })) });
    if (part !== "secrets") return problem(404, "not_found", "There is nothing at this address.");
    const secrets = this.webhooks.get(source) ?? [];
    if (method === "POST") {
      const { expires_previous_in_seconds: overlap = 0 } = await body();
      for (const secret of secrets) if (!secret.revoked_at && !secret.expires_at) secret.expires_at = iso(Date.now() + overlap * 1000);
      this.count += 1;
      const made = { secret_id: `whs_new${this.count}`, prefix: "whsec_TmV3", created_at: iso(Date.now()), expires_at: null, revoked_at: null, last_used_at: null };
      this.webhooks.set(source, [made, ...secrets]);
      return json(201, { secret_id: made.secret_id, secret: "whsec_TmV3U2VjcmV0T2ZUaGVEb3VibGVOb3RSZWFs" });
    }
    const found = secrets.find((secret) => secret.secret_id === id);
    if (found) found.revoked_at = iso(Date.now());
    return response.writeHead(204).end();
  }

  async #schema(method, response, { source, part, wrap, json, problem, body }) {
    if (!source) return wrap("field_schemas", { schemas: [...this.schemas].map(([name, schema]) => ({ source: name, active_version: schema.active, versions: schema.versions.length })), builtin: BUILTIN });
    const schema = this.schemas.get(source);
    if (method === "GET") return schema ? wrap("field_schema", { source, active_version: schema.active, versions: schema.versions }) : problem(404, "not_found", `${source} has no field schema.`);
    const wanted = await body();
    if (part === "dry-run") return this.#dryRun(source, wanted, wrap);
    if (part === "activate") {
      schema.active = wanted.version;
      return wrap("field_schema", { source, active_version: schema.active, versions: schema.versions });
    }
    const errors = wanted.fields.flatMap((one, index) => (one.pattern?.includes("(.*)*") ? [{ pointer: `/fields/${index}/pattern`, code: "field_pattern", message: "This pattern can take for ever; write it without nested repetition." }] : []));
    if (errors.length > 0) return problem(422, "field_pattern", "A pattern is not allowed.", errors);
    const known = schema ?? { active: null, versions: [] };
    const version = { version: known.versions.length + 1, fields: wanted.fields, unknown_fields: wanted.unknown_fields ?? "allow", source, created_at: iso(Date.now()), created_by: "member:mem_1", note: wanted.note ?? "", activated_at: wanted.activate ? iso(Date.now()) : null };
    known.versions.push(version);
    if (wanted.activate) known.active = version.version;
    this.schemas.set(source, known);
    return json(201, version);
  }

  #dryRun(source, { fields, samples, recent }, wrap) {
    const given = samples ?? this.world.attempts.filter((row) => row.source === source).slice(-(recent ?? 0)).map((row, index) => ({ attempt_id: row.attempt_id, fields: { state: index % 9 === 0 ? "California" : "CA", ...(index % 4 === 0 ? {} : { loan_amount: 1000 * (index % 60) }) } }));
    const results = given.map((sample, index) => {
      const errors = fields.flatMap((one) => {
        const value = sample.fields?.[one.name];
        const at = (code, message) => [{ pointer: `/fields/${one.name}`, code, message }];
        if (value === undefined || value === null) return one.required ? at("field_missing", "A value is required.") : [];
        if (one.type === "us_state" && !/^[A-Z]{2}$/.test(value)) return at("state_invalid", "Write the two letters of a US state, e.g. CA.");
        if (["number", "integer"].includes(one.type) && (value < (one.min ?? -Infinity) || value > (one.max ?? Infinity))) return at("field_range", `Between ${one.min ?? "any"} and ${one.max ?? "any"}.`);
        return [];
      });
      return { index, attempt_id: sample.attempt_id ?? null, outcome: errors.length > 0 ? "failed" : "passed", errors };
    });
    const counts = new Map();
    for (const error of results.flatMap((result) => result.errors)) {
      const key = `${error.pointer} ${error.code}`;
      counts.set(key, { pointer: error.pointer, code: error.code, count: (counts.get(key)?.count ?? 0) + 1 });
    }
    const failed = results.filter((result) => result.errors.length > 0).length;
    return wrap("field_schema_dry_run", { checked: results.length, passed: results.length - failed, failed, by_field: [...counts.values()].sort((a, b) => b.count - a.count), results });
  }

  async #limits(method, response, { wrap, problem, body }) {
    if (method === "PUT") {
      const { rules } = await body();
      const errors = rules.flatMap((rule, index) => (rule.source !== null && !NAME.test(rule.source) ? [{ pointer: `/rules/${index}/source`, code: "field_pattern", message: "Not a source." }] : rule.limit > 100_000 ? [{ pointer: `/rules/${index}/limit`, code: "field_range", message: "At most 100,000." }] : []));
      if (errors.length > 0) return problem(422, "field_range", "A rule is not valid.", errors);
      this.limits = { rules, updated_at: iso(Date.now()) };
    }
    return wrap("submission_limits", this.limits);
  }

  async #import(request, response, { id, part, query, json, problem }) {
    if (id && part === "errors") {
      const job = this.jobs.get(id);
      if (!job) return problem(404, "not_found", `There is no import ${id}.`);
      return response.writeHead(200, { "Content-Type": "text/csv", "Content-Disposition": "attachment; filename=errors.csv" }).end("email,line,code,pointer,message\r\nnobody,3,email_invalid,/user/email,The email address is not valid.\r\n");
    }
    let text = "";
    for await (const chunk of request) text += chunk;
    const targets = (query.get("map") ?? "").split(",").map((entry) => entry.split(":"));
    const rows = text.trim().split(/\r?\n/).slice(1);
    const header = text.split(/\r?\n/)[0].split(",");
    const email = header.findIndex((column) => targets.some(([name, target]) => target === "email" && decodeURIComponent(name) === column));
    const bad = rows.filter((row) => email >= 0 && !/@/.test(row.split(",")[email] ?? "")).length;
    const steps = Array.from({ length: 8 }, (_, index) => (index === 0 ? "reading the header" : "reading"));
    const job = this.jobs.start("import", {
      steps, total: rows.length, unit: "rows", about: { name: query.get("name"), source: query.get("source"), channel: query.get("channel"), consent: query.get("consent") === "true" },
      finish: () => ({ rows: rows.length, leads: rows.length - bad, failures: bad, by_code: bad > 0 ? { email_invalid: bad } : {}, errors_href: `/v1/projects/prj_northwind/imports/${job.job_id}/errors` }),
    });
    return json(202, { job_id: job.job_id, links: { self: `/v1/jobs/${job.job_id}` } });
  }

  async #exports(method, response, { id, area, item, query, wrap, json, problem, body }) {
    if (method === "POST") {
      const { project_id, ...about } = await body();
      const token = sha(`token${this.exports.length}`).slice(0, 24);
      const job = this.jobs.start("export", { steps: ["counting", "writing", "writing", "hashing"], total: 4_000, unit: "rows", about, finish: () => ({ files: 1 }) });
      this.exports.unshift({ job, token, about });
      return json(202, { job_id: job.job_id, polling_token: token, retry_after_ms: 500 });
    }
    const told = (one) => {
      const ready = one.job.status === "succeeded";
      const name = `${one.about.of}.${one.about.format}`;
      return { job: one.job, of: one.about.of, format: one.about.format, manifest_href: ready ? `/v1/exports/${one.job.job_id}/files/manifest.json?token=${one.token}` : null, expires_at: ready ? iso(Date.parse(one.job.finished_at) + 3 * DAY) : null, files: ready ? [{ name, bytes: 482_113, rows: 4_000, sha256: sha(name), href: `/v1/exports/${one.job.job_id}/files/${name}?token=${one.token}` }] : [] };
    };
    if (!id) return wrap("exports", { exports: this.exports.map(told), page: { next_cursor: null, has_more: false } });
    const found = this.exports.find((one) => one.job.job_id === id);
    if (!found) return problem(404, "not_found", `There is no export ${id}.`);
    if (area === "files") {
      if (query.get("token") !== found.token) return problem(403, "scope_missing", "The token does not belong to this export.");
      return response.writeHead(200, { "Content-Type": "application/octet-stream", "Content-Disposition": `attachment; filename="${item}"` }).end(item === "manifest.json" ? "{}" : "attempt_id,outcome\r\natt_1,success\r\n");
    }
    return wrap("export", told(found));
  }
}

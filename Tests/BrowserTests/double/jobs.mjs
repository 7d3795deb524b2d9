// Jobs of the double: each is a list of steps that pass by themselves, told as the real server tells them. A job outlives the
// request that started it, is followed as an event stream or by asking, and can be cancelled between two steps.
const iso = (instant) => (instant === null ? null : new Date(instant).toISOString());

export class Jobs {
  constructor({ stepMs = 120 } = {}) {
    this.stepMs = stepMs;
    this.byId = new Map();
    this.listeners = new Set();
    this.count = 0;
  }

  /** `steps` are words for people; `finish` gives the result, or throws {code, message}. `tries` fails that many times first. */
  start(kind, { steps, total = steps.length, unit = "steps", finish, failingTries = 0, about = null }) {
    this.count += 1;
    const job = {
      job_id: `job_${kind}_${String(this.count).padStart(4, "0")}`, kind, status: "queued", progress: { done: 0, total, unit }, phase: null,
      created_at: iso(Date.now()), started_at: null, finished_at: null, tries: 0, tries_max: 3, next_try_at: null, attempts: [], result: null, error: null, about,
    };
    this.byId.set(job.job_id, job);
    setTimeout(() => this.#run(job, steps, finish, failingTries), this.stepMs / 2);
    return job;
  }

  /** Adds a job that is in a state already, for lists. */
  add(job) {
    this.byId.set(job.job_id, job);
  }

  get(id) {
    return this.byId.get(id) ?? null;
  }

  list(query) {
    const kinds = query.getAll("kind");
    const statuses = query.getAll("status");
    return [...this.byId.values()].reverse().filter((job) => (kinds.length === 0 || kinds.includes(job.kind)) && (statuses.length === 0 || statuses.includes(job.status)));
  }

  cancel(job) {
    if (job.status === "queued" || job.status === "running") this.#change(job, { status: "cancelled", finished_at: iso(Date.now()), phase: null });
    return job;
  }

  stream(job, response) {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    const tell = (changed) => {
      if (changed !== job) return;
      response.write(`event: job\ndata: ${JSON.stringify(job)}\n\n`);
      if (!["queued", "running"].includes(job.status)) {
        this.listeners.delete(tell);
        response.end();
      }
    };
    this.listeners.add(tell);
    response.on("close", () => this.listeners.delete(tell));
    response.write(": hello\n\n");
    tell(job);
  }

  #change(job, change) {
    Object.assign(job, change);
    for (const listener of [...this.listeners]) listener(job);
  }

  #run(job, steps, finish, failingTries) {
    if (job.status === "cancelled") return;
    const attempt = { try: job.tries + 1, started_at: iso(Date.now()), ended_at: null, outcome: null, detail: null };
    this.#change(job, { status: "running", started_at: job.started_at ?? iso(Date.now()), tries: job.tries + 1, next_try_at: null, attempts: [...job.attempts, attempt] });
    const step = (index) => {
      if (job.status !== "running") return;
      if (failingTries > 0 && index === 1) {
        Object.assign(attempt, { ended_at: iso(Date.now()), outcome: "failed", detail: "The store did not answer within 2 s." });
        this.#change(job, { status: "queued", next_try_at: iso(Date.now() + 4 * this.stepMs) });
        setTimeout(() => this.#run(job, steps, finish, failingTries - 1), 4 * this.stepMs);
        return;
      }
      if (index < steps.length) {
        this.#change(job, { phase: steps[index], progress: { ...job.progress, done: Math.floor((job.progress.total * index) / steps.length) } });
        setTimeout(() => step(index + 1), this.stepMs);
        return;
      }
      Object.assign(attempt, { ended_at: iso(Date.now()), outcome: "succeeded" });
      try {
        const result = finish();
        this.#change(job, { status: "succeeded", result, phase: null, finished_at: iso(Date.now()), progress: { ...job.progress, done: job.progress.total } });
      } catch (error) {
        Object.assign(attempt, { outcome: "failed", detail: error.message });
        this.#change(job, { status: "failed", error: { code: error.code ?? "internal_error", message: error.message }, phase: null, finished_at: iso(Date.now()) });
      }
    };
    step(0);
  }
}

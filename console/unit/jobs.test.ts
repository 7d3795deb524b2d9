import assert from "node:assert/strict";
import { test } from "node:test";
import { EventStreamReader } from "../src/api/eventStream";
import { jobDecoder } from "../src/api/jobs";
import { jobTitle } from "../src/words/jobs";
import { parseView, printView } from "../src/state/view";

test("events come out of a stream however it is cut", () => {
  const whole = ': hello\r\nevent: job\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata:two\n\nevent: none\n\nevent: last\ndata: x';
  const expected = [{ event: "job", data: '{"a":\n1}' }, { event: "message", data: "two" }];
  for (let size = 1; size <= whole.length; size += 1) {
    const reader = new EventStreamReader();
    const found = [];
    for (let at = 0; at < whole.length; at += size) found.push(...reader.take(whole.slice(at, at + size)));
    assert.deepEqual(found, expected);
    assert.deepEqual(reader.take("\n\n"), [{ event: "last", data: "x" }]);
  }
});

test("a job's status is one of five", () => {
  const job = { job_id: "job_1", kind: "verify", status: "running", progress: { done: 1, total: null, unit: "rows" }, phase: null, created_at: "2026-11-21T14:02:10Z", result: null, error: null };
  assert.equal(jobDecoder(job, "").tries, 0);
  assert.throws(() => jobDecoder({ ...job, status: "odd" }, ""), (error) => error instanceof Error && /\/status/.test(error.message));
});

test("the jobs of a view survive in its address", () => {
  const view = parseView("#/days/2026-11-20?job=report:job_1&job=verify:job_2&job=nonsense");
  assert.deepEqual(view.jobs, { report: "job_1", verify: "job_2" });
  assert.deepEqual(parseView(printView(view)), view);
});

test("a list says what a job is about", () => {
  assert.equal(jobTitle({ kind: "import", about: { file: "march.csv", source: "partner_api" }, subject: null }), "march.csv into partner_api");
  assert.equal(jobTitle({ kind: "export", about: { of: "attempts", format: "parquet", filter: { source: ["a"] } }, subject: null }), "attempts as Parquet");
  assert.equal(jobTitle({ kind: "verify", about: { date: "2026-11-21" }, subject: "2026-11-21" }), "the day 2026-11-21");
  assert.equal(jobTitle({ kind: "import", about: {}, subject: null }), "a file");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { behaviour, recoveryWords, ruleProblems, ruleWords, windowWords } from "../src/words/limits";

const rule = { applies_to: "user" as const, source: null, algorithm: "token_bucket" as const, limit: 30, window_seconds: 60, burst: 60 };

test("a rule is said in plain words", () => {
  assert.equal(ruleWords(rule), "At most 30 submissions a minute per user, bursts of 60.");
  assert.equal(ruleWords({ ...rule, burst: null, window_seconds: 3600, limit: 1 }), "At most 1 submission an hour per user, bursts of 1.");
  assert.equal(ruleWords({ ...rule, window_seconds: 600, applies_to: "key", source: "web_form" }), "At most 30 submissions in 10 minutes per API key from web_form, bursts of 60.");
  assert.equal(ruleWords({ ...rule, algorithm: "sliding_window", limit: 1000, window_seconds: 86_400, applies_to: "source", source: "webhook" }), "At most 1,000 submissions in any day for webhook.");
  assert.equal(recoveryWords(rule), "One more is allowed every 2 seconds.");
  assert.equal(recoveryWords({ ...rule, algorithm: "sliding_window" }), "After the last of them, the next passes once the oldest is one minute old.");
  assert.equal(windowWords(90), "90 seconds");
  assert.equal(windowWords(172_800), "2 days");
});

test("a bucket is drawn down by a burst and fills again at its rate", () => {
  const { requests, line, capacity, length } = behaviour(rule);
  assert.equal(capacity, 60);
  const burst = requests.filter((request) => request.at < 15);
  // 60 at once, and what came back meanwhile: 0.5 a second.
  const passed = burst.filter((request) => request.passes).length;
  assert.ok(passed >= 60 && passed <= 68, `passed ${passed}`);
  assert.ok(requests.some((request) => !request.passes));
  assert.ok(line.every((point) => point.value >= -0.001 && point.value <= 60.001 && point.at <= length));
  // Nobody passes more often than capacity and refill allow, over any stretch.
  const times = requests.filter((request) => request.passes).map((request) => request.at);
  times.forEach((from, first) => times.slice(first).forEach((to, count) => assert.ok(count + 1 <= 60 + (to - from) * 0.5 + 1.001)));
});

test("a sliding window never holds more than its limit", () => {
  const { requests } = behaviour({ ...rule, algorithm: "sliding_window", limit: 5, window_seconds: 600 });
  const times = requests.filter((request) => request.passes).map((request) => request.at);
  for (const at of times) assert.ok(times.filter((other) => other > at - 600 && other <= at).length <= 5);
  assert.ok(requests.filter((request) => !request.passes).length > 0);
});

test("a large limit stays drawable", () => {
  for (const algorithm of ["token_bucket", "sliding_window"] as const) assert.ok(behaviour({ ...rule, algorithm, limit: 100_000, burst: 200_000 }).requests.length < 1000);
});

test("what the editor refuses", () => {
  assert.deepEqual(ruleProblems(rule), {});
  assert.deepEqual(Object.keys(ruleProblems({ ...rule, limit: 0, window_seconds: 0.5, burst: -1, source: "a b" })), ["limit", "window_seconds", "burst", "source"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiFailure } from "../src/api/failure";
import { Reach } from "../src/api/reach";
import { QueryCache, RETRIES_MAX, Timing } from "../src/state/cache";
import { Return } from "../src/state/waking";

/** A clock that moves when it is told to. */
function manualTiming() {
  let now = 0;
  const due: { at: number; action: () => void }[] = [];
  const timing: Timing = {
    now: () => now,
    after: (ms, action) => {
      const entry = { at: now + ms, action };
      due.push(entry);
      return entry;
    },
    cancel: (entry) => {
      const index = due.indexOf(entry as { at: number; action: () => void });
      if (index >= 0) due.splice(index, 1);
    },
  };
  const settle = async () => { for (let turn = 0; turn < 10; turn += 1) await Promise.resolve(); };
  return {
    timing,
    settle,
    waiting: () => due.length,
    advance: async (ms: number) => {
      now += ms;
      for (const entry of due.filter((candidate) => candidate.at <= now)) {
        due.splice(due.indexOf(entry), 1);
        entry.action();
      }
      await settle();
    },
  };
}

const asking = (answers: (string | ApiFailure)[]) => {
  let asked = 0;
  return {
    count: () => asked,
    question: { key: "q?1", freshForMs: 1000, ask: async () => {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      if (answer instanceof ApiFailure) throw answer;
      return answer ?? "";
    } },
  };
};
const down = new ApiFailure("server", "the store does not answer", { status: 500, correlationId: "c1" });
const away = new ApiFailure("unreachable", "away");

test("a fresh answer is not asked for again, an old one is shown while the new one comes", async () => {
  const clock = manualTiming();
  const cache = new QueryCache(clock.timing);
  const server = asking(["one", "two"]);
  cache.subscribe("q?1", () => undefined);
  cache.want(server.question);
  await clock.settle();
  assert.equal(cache.read("q?1").data, "one");
  cache.want(server.question);
  await clock.settle();
  assert.equal(server.count(), 1);
  await clock.advance(1001);
  cache.want(server.question);
  assert.equal(cache.read("q?1").data, "one");
  assert.equal(cache.read("q?1").asking, true);
  await clock.settle();
  assert.equal(cache.read("q?1").data, "two");
});

test("retries are bounded, then the entry rests until somebody asks", async () => {
  const clock = manualTiming();
  const cache = new QueryCache(clock.timing);
  const server = asking([down]);
  cache.subscribe("q?1", () => undefined);
  cache.want(server.question);
  await clock.settle();
  for (let turn = 0; turn < 20; turn += 1) await clock.advance(60_000);
  assert.equal(server.count(), 1 + RETRIES_MAX);
  const rested = cache.read("q?1");
  assert.equal(rested.failure, down);
  assert.equal(rested.retryAt, null);
  assert.equal(clock.waiting(), 0);
  cache.again("q?1");
  await clock.settle();
  assert.equal(server.count(), 2 + RETRIES_MAX);
});

test("a failure keeps the data that was there, and a later success clears it", async () => {
  const clock = manualTiming();
  const cache = new QueryCache(clock.timing);
  const server = asking(["one", down, "two"]);
  cache.subscribe("q?1", () => undefined);
  cache.want(server.question);
  await clock.settle();
  cache.again("q?1");
  await clock.settle();
  const stale = cache.read("q?1");
  assert.equal(stale.data, "one");
  assert.equal(stale.failure, down);
  assert.notEqual(stale.retryAt, null);
  await clock.advance(2_000);
  assert.equal(cache.read("q?1").data, "two");
  assert.equal(cache.read("q?1").failure, null);
});

test("what waiting cannot cure is not retried", async () => {
  const clock = manualTiming();
  const cache = new QueryCache(clock.timing);
  const server = asking([new ApiFailure("forbidden", "no", { status: 403 })]);
  cache.subscribe("q?1", () => undefined);
  cache.want(server.question);
  await clock.advance(120_000);
  assert.equal(server.count(), 1);
});

test("the server's Retry-After is kept", async () => {
  const clock = manualTiming();
  const cache = new QueryCache(clock.timing);
  const server = asking([new ApiFailure("limited", "slow down", { retryAfterMs: 30_000 }), "one"]);
  cache.subscribe("q?1", () => undefined);
  cache.want(server.question);
  await clock.settle();
  await clock.advance(29_000);
  assert.equal(server.count(), 1);
  await clock.advance(1_001);
  assert.equal(cache.read("q?1").data, "one");
});

test("nobody looks any more: no further tries", async () => {
  const clock = manualTiming();
  const cache = new QueryCache(clock.timing);
  const server = asking([down]);
  const leave = cache.subscribe("q?1", () => undefined);
  cache.want(server.question);
  await clock.settle();
  leave();
  await clock.advance(120_000);
  assert.equal(server.count(), 1);
});

test("while nobody answers the tries go on, and what woke once is asked with the others", async () => {
  const clock = manualTiming();
  const cache = new QueryCache(clock.timing);
  const server = asking([away]);
  cache.subscribe("q?1", () => undefined);
  cache.want(server.question);
  await clock.settle();
  for (let turn = 0; turn < 20; turn += 1) await clock.advance(15_000);
  // Every 15 s at the most, however long it lasts.
  assert.equal(server.count(), 21);
  assert.notEqual(cache.read("q?1").retryAt, null);
  // A proxy with nobody behind it.
  assert.ok(new ApiFailure("server", "bad gateway", { status: 502 }).away && !down.away);
});

test("what failed is asked again at once when the server is back; what rests, when somebody looks again", async () => {
  const clock = manualTiming();
  const cache = new QueryCache(clock.timing);
  const asked: string[] = [];
  let up = false;
  const question = (key: string, failure: ApiFailure) => ({ key, freshForMs: 1000, ask: async () => {
    asked.push(key);
    if (!up) throw failure;
    return key;
  } });
  for (const [key, failure] of [["a", away], ["b", away], ["c", down]] as const) {
    cache.subscribe(key, () => undefined);
    cache.want(question(key, failure));
  }
  cache.want(question("unseen", away));
  for (let turn = 0; turn < 5; turn += 1) await clock.advance(15_000);
  up = true;
  asked.length = 0;
  cache.wake("away");
  await clock.settle();
  assert.deepEqual(asked, ["a", "b"]);
  assert.deepEqual([cache.read("a").data, cache.read("c").data], ["a", undefined]);
  cache.wake("passing");
  await clock.settle();
  assert.equal(cache.read("c").data, "c");
});

test("the page knows that the server is away, and tells each change once", () => {
  const reach = new Reach();
  const told: boolean[] = [];
  const leave = reach.subscribe((now) => told.push(now));
  for (const what of ["lost", "lost", "answered", "answered", "lost"] as const) reach[what]();
  leave();
  reach.answered();
  assert.deepEqual(told, [true, false, true]);
  assert.equal(reach.isAway(), false);
});

test("a server that is away is asked for with growing pauses, until anything answers", async () => {
  const clock = manualTiming();
  const reach = new Reach();
  let live: boolean | "broken" = false;
  let asked = 0;
  const found = new Return(reach, async () => {
    asked += 1;
    if (live === "broken") throw new Error("no network");
    return live;
  }, clock.timing);
  found.start();
  await clock.advance(60_000);
  assert.equal(asked, 0);
  reach.lost();
  const pauses: number[] = [];
  for (let turn = 0; turn < 6; turn += 1) {
    pauses.push((found.nextAt() ?? NaN) - clock.timing.now());
    if (turn === 3) live = "broken";
    await clock.advance(pauses[turn] ?? 0);
  }
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  // Somebody who does not want to wait.
  live = false;
  found.now();
  await clock.settle();
  assert.equal(asked, 7);
  live = true;
  await clock.advance(8_000);
  assert.equal(reach.isAway(), false);
  assert.equal(found.nextAt(), null);
  assert.equal(clock.waiting(), 0);
  // Away again at once, as behind a proxy that answers for it: the pauses do not begin anew.
  reach.lost();
  assert.equal((found.nextAt() ?? 0) - clock.timing.now(), 8_000);
  reach.answered();
  await clock.advance(20_000);
  assert.equal(asked, 8);
  reach.lost();
  assert.equal((found.nextAt() ?? 0) - clock.timing.now(), 1_000);
});

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { InclusionProof, proofDecoder } from "../src/api/proof";
import { Sha256, bytesOf, checkProof, encoding, hex } from "../src/state/merkle";

const sha256: Sha256 = async (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest());
const digest = (...parts: Uint8Array[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

/** RFC 6962 by its own definition, recursively: another way than the one that is tested. */
const leaf = (data: Uint8Array) => digest(Uint8Array.of(0), data);
function root(leaves: Uint8Array[]): Uint8Array {
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  const middle = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return digest(Uint8Array.of(1), root(leaves.slice(0, middle)), root(leaves.slice(middle)));
}
function path(index: number, leaves: Uint8Array[]): Uint8Array[] {
  if (leaves.length < 2) return [];
  const middle = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return index < middle ? [...path(index, leaves.slice(0, middle)), root(leaves.slice(middle))] : [...path(index - middle, leaves.slice(middle)), root(leaves.slice(0, middle))];
}

const FIELDS: InclusionProof["canonical"] = {
  version: 1, previous_hash: "00".repeat(32),
  fields: [{ name: "attempt_id", kind: "text", value: "att_\u00e9" }, { name: "user_id", kind: "text", value: null }, { name: "sequence", kind: "integer", value: 7 }, { name: "received_at", kind: "integer", value: "1764244930123456" }, { name: "duration_ms", kind: "bits", value: "401a000000000000" }],
};

test("canonical encoding: lengths, absent texts, integers, bits", () => {
  assert.equal(hex(encoding(FIELDS.fields, 1)), "01" + "00000006" + "6174745fc3a9" + "ffffffff" + "0000000000000007" + "00064492485b56c0" + "401a000000000000");
});

function proofOf(index: number, count: number): InclusionProof {
  const own = digest(bytesOf("00".repeat(32)), encoding(FIELDS?.fields ?? [], 1));
  const data = Array.from({ length: count }, (_, other) => (other === index ? own : digest(Uint8Array.of(other))));
  const leaves = data.map(leaf);
  return {
    attempt_id: "att_1", date: "2026-11-20", sequence: 7, attempt_hash: hex(own), leaf_hash: hex(leaf(own)), leaf_index: index, tree_size: count,
    path: path(index, leaves).map(hex), root: hex(root(leaves)), seal: { merkle_root: hex(root(leaves)), statement: null, signature: null, key_id: null }, canonical: FIELDS,
  };
}

test("every leaf of trees of many sizes is proven, and each step leads to the next", async () => {
  for (const count of [1, 2, 3, 4, 5, 7, 8, 13, 16, 33]) {
    for (let index = 0; index < count; index += 1) {
      const proof = proofOf(index, count);
      const { passed, steps, checks } = await checkProof(proof, sha256);
      assert.ok(passed, `leaf ${index} of ${count}: ${JSON.stringify(checks)}`);
      steps.forEach((step, level) => assert.equal(steps[level + 1]?.own ?? proof.root, step.parent));
    }
  }
});

test("whatever is changed is found", async () => {
  const good = proofOf(5, 13);
  const flipped = (text: string) => `${text[0] === "0" ? "1" : "0"}${text.slice(1)}`;
  const failing = async (change: Partial<InclusionProof>) => (await checkProof({ ...good, ...change }, sha256)).checks.filter((check) => !check.passed).map((check) => check.name);
  assert.deepEqual(await failing({}), []);
  assert.deepEqual(await failing({ canonical: { ...good.canonical, previous_hash: "11".repeat(32) } as InclusionProof["canonical"] }), ["content"]);
  assert.deepEqual(await failing({ path: [flipped(good.path[0] ?? ""), ...good.path.slice(1)] }), ["path", "seal"]);
  assert.deepEqual(await failing({ path: good.path.slice(1) }), ["path", "seal"]);
  assert.deepEqual(await failing({ leaf_index: 6 }), ["path", "seal"]);
  assert.deepEqual(await failing({ tree_size: 64 }), ["path", "seal"]);
  assert.deepEqual(await failing({ leaf_index: 13 }), ["path", "seal"]);
  assert.deepEqual(await failing({ attempt_hash: flipped(good.attempt_hash) }), ["content", "leaf", "path", "seal"]);
  assert.deepEqual(await failing({ seal: { ...good.seal, merkle_root: flipped(good.root) } }), ["seal"]);
});

test("a proof with a hash that is none is not understood", () => {
  assert.throws(() => proofDecoder({ ...proofOf(1, 3), canonical: null, root: "abc" }, ""), (error) => error instanceof Error && /\/root/.test(error.message));
});

test("the signature is over the statement, and the statement names the root", async () => {
  const good = proofOf(1, 3);
  const statement = `daybook-seal-v1\nproject_id=p\nmerkle_root=${good.root}\n`;
  const asked: string[] = [];
  const check = async (change: Partial<InclusionProof["seal"]>, holds: boolean | null = true) =>
    (await checkProof({ ...good, seal: { ...good.seal, statement, signature: "aa", key_id: "k", ...change } }, sha256, "bb", async (key, signature, message) => {
      asked.push(`${hex(key)} ${hex(signature)} ${new TextDecoder().decode(message)}`);
      return holds;
    })).checks.map((one) => `${one.name} ${one.passed}`);
  assert.deepEqual((await check({})).slice(3), ["seal true", "signature true"]);
  assert.deepEqual(asked, [`bb aa ${statement}`]);
  assert.deepEqual((await check({}, false)).slice(3), ["seal true", "signature false"]);
  assert.deepEqual((await check({}, null)).slice(3), ["seal true"]);
  assert.deepEqual((await check({ statement: statement.replace(good.root, "0".repeat(64)) })).slice(3), ["seal false", "signature true"]);
});

test("a canonical field is a list of name, kind and value", () => {
  const wire = { ...proofOf(1, 3), canonical: { version: 1, previous_hash: "00".repeat(32), fields: [["sequence", "integer", 7], ["user_id", "text", null]] } };
  assert.deepEqual(proofDecoder(wire, "").canonical?.fields, [{ name: "sequence", kind: "integer", value: 7 }, { name: "user_id", kind: "text", value: null }]);
  assert.throws(() => proofDecoder({ ...wire, canonical: { ...wire.canonical, fields: [["a", "odd", 1]] } }, ""), (error) => error instanceof Error && /fields\/0\/1/.test(error.message));
});

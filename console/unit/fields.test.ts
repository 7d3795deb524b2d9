import assert from "node:assert/strict";
import { test } from "node:test";
import type { Field } from "../src/api/schemas";
import { draftOf, emptyField, fieldsOf, moved, placed, problemsOf, valuesOf } from "../src/screens/sources/draft";
import { consequences, fieldChanges, fieldWords } from "../src/words/fields";

const field = (name: string, more: Partial<Field> = {}): Field => ({ name, type: "text", required: false, max_length: null, min_length: null, pattern: null, min: null, max: null, values: null, description: null, ...more });

test("a draft travels back to the same fields", () => {
  const fields = [field("a", { min_length: 0, max_length: 40, pattern: "^x$" }), field("b", { type: "integer", min: -1, max: 1_000 }), field("c", { type: "enum", values: ["x", "y"], description: "why" })];
  assert.deepEqual(fieldsOf(draftOf(fields)), fields);
  // A rule that the new type cannot have is not sent.
  const changed = draftOf(fields).map((row) => ({ ...row, type: "boolean" as const }));
  assert.deepEqual(fieldsOf(changed).map((one) => [one.max_length, one.min, one.values]), [[null, null, null], [null, null, null], [null, null, null]]);
  assert.deepEqual(moved(draftOf(fields), 2, -1).map((row) => row.name), ["a", "c", "b"]);
  assert.deepEqual(moved(draftOf(fields), 0, -1).map((row) => row.name), ["a", "b", "c"]);
  assert.deepEqual(valuesOf('30, "a, b" ,, 15'), ["30", "a, b", "15"]);
});

test("the editor finds what is wrong, at its place", () => {
  const rows = draftOf([field("a"), field("a"), field("b c"), field("d", { min_length: 5, max_length: 2 }), field("e", { pattern: "(" }), field("f", { type: "enum", values: [] }), field("g", { type: "integer", min: 1.5 })]);
  assert.deepEqual(Object.keys(problemsOf([...rows, emptyField()])), ["1/name", "2/name", "3/max_length", "4/pattern", "5/values", "6/min", "7/name"]);
  assert.deepEqual(problemsOf(draftOf([field("a", { type: "number", min: 1, max: 1 })])), {});
  assert.deepEqual(Object.keys(problemsOf(draftOf([field("user.email"), field("user.age"), field("user.phone", { type: "phone_e164" })]))), ["0/type", "1/name"]);
  const server = placed([{ pointer: "/fields/2/pattern", code: "x", message: "too slow" }, { pointer: "/note", code: "y", message: "long" }]);
  assert.deepEqual(server.problems, { "2/pattern": "too slow" });
  assert.equal(server.rest.length, 1);
});

test("a field and a change are said in words", () => {
  assert.equal(fieldWords(field("a", { min_length: 2, max_length: 40, required: true })), "text of 2 to 40 characters, required");
  assert.equal(fieldWords(field("a", { type: "number", min: 1 })), "number at least 1");
  assert.equal(fieldWords(field("a", { type: "enum", values: ["x", "y"] })), "one of a list (x, y)");
  const before = [field("a"), field("b", { required: true }), field("c", { type: "number", max: 10 })];
  const after = [field("a", { required: true }), field("c", { type: "number", max: 5 }), field("d")];
  assert.deepEqual(fieldChanges(before, after).map((change) => `${change.kind} ${change.name}`), ["changed a", "changed c", "added d", "removed b"]);
  assert.deepEqual(fieldChanges(before, [...before].reverse()), []);
  assert.deepEqual(consequences({ fields: before, unknown_fields: "allow" }, { fields: after, unknown_fields: "refuse" }), [
    "Submissions with a field that is not listed are refused.",
    "Submissions without “a” are refused.", "“c” must be a number at most 5.", "“d”, where it is sent, must be text.", "“b” is no longer checked.",
  ]);
  const held = { fields: before, unknown_fields: "allow" as const };
  assert.deepEqual(consequences(held, held), []);
});

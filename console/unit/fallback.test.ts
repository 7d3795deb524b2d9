import assert from "node:assert/strict";
import { test } from "node:test";
import { detailWords, lacksModel } from "../src/words/fallback";

test("a model that answered need not be installed", () => {
  assert.deepEqual(["model_unreachable", "model_missing", "model_not_configured"].map(lacksModel), [true, true, true]);
  assert.deepEqual(["answer_invalid", "answer_truncated", "model_timeout", "model_refused"].map(lacksModel), [false, false, false, false]);
});

test("a detail is a sentence, and a model's name keeps its letters", () => {
  assert.equal(detailWords("llama3.1:8b's answer does not follow the schema"), "llama3.1:8b's answer does not follow the schema.");
  assert.equal(detailWords("no model server answers at http://127.0.0.1:11434"), "No model server answers at http://127.0.0.1:11434.");
});

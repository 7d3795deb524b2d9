import assert from "node:assert/strict";
import { test } from "node:test";
import { visible } from "../src/words/visible";

test("what turns or hides text is shown as what it is", () => {
  assert.equal(visible("\u202egnp.exe"), "\u2039U+202E\u203agnp.exe");
  assert.equal(visible("a\u200bb\u0007"), "a\u2039U+200B\u203ab\u2039U+0007\u203a");
  // Other scripts are read as they are.
  assert.equal(visible("\u0645\u0631\u062d\u0628\u0627 \u65e5\u672c \ud83c\udf55"), "\u0645\u0631\u062d\u0628\u0627 \u65e5\u672c \ud83c\udf55");
});

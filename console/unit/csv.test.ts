import assert from "node:assert/strict";
import { test } from "node:test";
import { importQuery } from "../src/api/imports";
import { csvHead, estimatedRows, fileProblems } from "../src/words/csv";
import { findings, guessed, mappingProblems, submissionOf, targetOf } from "../src/screens/import/mapping";

test("the head of a CSV is read as RFC 4180 says", () => {
  const text = '\ufeffemail,"full, name",note\r\na@b.co,"O""Neil, Ana","two\r\nlines"\r\n\r\nc@d.co,Bo,x\nlast@e.co,cut of';
  const head = csvHead(text, false);
  assert.deepEqual(head.columns, ["email", "full, name", "note"]);
  assert.deepEqual(head.rows, [["a@b.co", 'O"Neil, Ana', "two\r\nlines"], ["c@d.co", "Bo", "x"]]);
  assert.equal(csvHead(text, true).rows.length, 3);
  assert.deepEqual(csvHead("", true).columns, []);
});

test("rows are estimated from the size of those that were read", () => {
  const text = "a,b\n" + "1,2\n".repeat(100);
  assert.equal(estimatedRows(csvHead(text, true), text.length), 100);
  assert.equal(estimatedRows(csvHead(text, false), text.length * 10), 1009);
  // Read to its end, it is counted: with a byte order mark, the file is longer than its text.
  assert.equal(estimatedRows(csvHead(text, true), text.length + 3), 100);
});

test("what is odd about a file is said before it is sent", () => {
  assert.deepEqual(fileProblems(csvHead("a;b\n1;2\n", true)).stops, ["The columns are separated by semicolons. Save the file as CSV with commas."]);
  assert.equal(fileProblems(csvHead("a,a\n1,2\n", true)).stops.length, 1);
  assert.equal(fileProblems(csvHead("a,\n1,2\n3\n", true)).stops.length, 1);
  assert.equal(fileProblems(csvHead("a,b\n1,2\n3\n", true)).warns.length, 1);
  assert.equal(fileProblems(csvHead("a,b\n", true)).stops.length, 1);
  assert.deepEqual(fileProblems(csvHead("a,b\n1,2\n", true)), { stops: [], warns: [] });
  assert.equal(fileProblems(csvHead("a\ncaf\ufffd\n", true)).warns.length, 1);
});

test("columns are guessed by their names", () => {
  const choices = guessed(["E-mail", "Mobile number", "Full name", "Loan amount ($)", "opt-in", "email", "id", ""]);
  assert.deepEqual(choices.map(targetOf), ["email", "phone", "name", "fields.Loan_amount", "consent", "fields.email", "external_id", null]);
});

test("the reasons in a file of failed rows are not fields of a lead", () => {
  assert.deepEqual(guessed(["email", "note", "line", "code", "pointer", "message"]).map(targetOf), ["email", "fields.note", null, null, null, null]);
  assert.deepEqual(guessed(["email", "code", "message"]).map(targetOf), ["email", "fields.code", "fields.message"]);
});

test("the first rows speak against a choice", () => {
  const choices = guessed(["email", "phone", "consent", "x"]);
  const found = findings(choices, [["a@b.co", "+15550100", "yes", ""], ["nobody", "555 0101", "maybe", ""], ["", "", "", ""]]);
  assert.deepEqual(found.map((one) => one.warns.length), [2, 2, 1, 1]);
  assert.ok(found[0]?.warns[0]?.startsWith("1 of 2 is not an email address") === true);
  const twice = choices.map((choice) => ({ ...choice, to: "email" as const }));
  assert.deepEqual(findings(twice, []).map((one) => one.stops.length), [0, 1, 1, 1]);
  assert.equal(mappingProblems(guessed(["name"]), true).stops.length, 1);
  assert.equal(mappingProblems(guessed(["email"]), false).warns.length, 1);
  assert.deepEqual(mappingProblems(guessed(["email"]), true), { stops: [], warns: [] });
});

test("a row is shown as the submission that it becomes", () => {
  const choices = guessed(["email", "loan_amount_thousands", "state", "opt_in", "empty", "zip"]);
  assert.deepEqual(submissionOf(choices, ["a@b.co", "320.1", "CA", "yes", "", "02134"], { source: "bulk_import", channel: "", consent: false }), {
    user: { email: "a@b.co" }, source: "bulk_import", consent: true, fields: { loan_amount: 320_100, state: "CA", zip: "02134" },
  });
});

test("a mapping travels with names that hold its own signs", () => {
  const query = importQuery({ name: "f.csv", source: "bulk_import", channel: "", consent: false, map: [{ column: "a,b:c%", target: "fields.x" }, { column: "email", target: "email", factor: 1 }, { column: "k", target: "fields.k", factor: 1000 }, { column: "no,thanks", target: null }] });
  assert.equal(query.map, "a%2Cb%3Ac%25:fields.x,email:email,k*1000:fields.k");
  assert.equal(query.skip, "no%2Cthanks");
  assert.equal(query.consent, "");
});

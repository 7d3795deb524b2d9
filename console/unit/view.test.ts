import assert from "node:assert/strict";
import { test } from "node:test";
import { isIdentifying, onlyAttempt, parseSearch, printSearch, printTerms, termAt, termsOfWords } from "../src/state/search";
import { rowsOf } from "../src/state/rows";
import { suggestions } from "../src/screens/attempts/suggestions";
import { DEFAULT_VIEW, View, elsewhere, parseView, placeOf, printView } from "../src/state/view";

const TODAY = "2026-11-21";
const search = (text: string) => parseSearch(text, TODAY);

test("the address holds the whole view, both ways", () => {
  const view: View = {
    screen: "attempts", item: null, project: "prj_x", range: { kind: "preset", preset: "7d" },
    filters: { source: ["web_form", "a b&c"], code: ["phone_invalid"] }, words: "ana ~ 100 %", sort: "-count", open: "att_1", jobs: {}, options: { version: "2" }, live: false,
  };
  assert.deepEqual(parseView(printView(view)), view);
  const day: View = { ...DEFAULT_VIEW, screen: "days", item: "2026-11-20", range: { kind: "date", date: "2026-11-20" } };
  assert.deepEqual(parseView(printView(day)), day);
});

test("what is not understood is left out", () => {
  assert.deepEqual(parseView(""), DEFAULT_VIEW);
  assert.deepEqual(parseView("#/today?range=9y&date=2026-02-30&from=x&to=y"), DEFAULT_VIEW);
  assert.equal(parseView("#/days/%E0%A4%A").item, "%E0%A4%A");
});

test("an address that names no screen is kept as it is, and is no other screen", () => {
  const view = parseView("#/nonsense/a%20b?range=7d");
  assert.equal(view.screen, "missing");
  assert.equal(view.item, "nonsense/a b");
  assert.equal(printView(view), "#/nonsense/a%20b?range=7d");
  assert.equal(printView(elsewhere(view, { screen: "today" })), "#/today?range=7d");
  assert.equal(parseView("#/").screen, "today");
});

test("another screen lets go of what belongs to the row, and keeps range and filters", () => {
  const moved = elsewhere({ ...DEFAULT_VIEW, screen: "attempts", open: "att_1", filters: { source: ["web_form"] } }, { screen: "failures" });
  assert.equal(moved.open, null);
  assert.deepEqual(moved.filters, { source: ["web_form"] });
});

test("the search language", () => {
  assert.deepEqual(search('code:phone_invalid source:web_form,webhook "two words" ana'), {
    filters: { code: ["phone_invalid"], source: ["web_form", "webhook"] }, words: '"two words" ana', date: null, unknown: [], errors: [],
  });
  assert.deepEqual(search("colour:red").unknown, ["colour:red"]);
  assert.deepEqual(search("code: email:"), { filters: {}, words: "", date: null, unknown: [], errors: [] });
  assert.equal(printSearch({ source: ["a b"], user: ["usr_1"] }, "ana"), 'source:"a b" user:usr_1 ana');
  const printed = printSearch({ source: ["a b", "c"], outcome: ["failure"] }, 'phone:"+1 555" x');
  assert.equal(printSearch(search(printed).filters, search(printed).words), printed);
});

test("a place inside of a screen is a path", () => {
  assert.deepEqual(placeOf(parseView("#/settings/sources/web_form?project=p")), ["sources", "web_form"]);
  assert.equal(printView({ ...DEFAULT_VIEW, screen: "settings", item: "sources/a b/schema" }), "#/settings/sources/a%20b/schema");
  assert.equal(parseView(printView({ ...DEFAULT_VIEW, screen: "settings", item: "sources/a b/schema" })).item, "sources/a b/schema");
});

test("terms for the server stay among the words, a date becomes the range", () => {
  const found = search('email:ana@example.com date:2026-11-20 phone:"+1 555 0100" late LEAD:led_1');
  assert.equal(found.date, "2026-11-20");
  assert.equal(found.words, 'email:ana@example.com phone:"+1 555 0100" late lead:led_1');
  assert.deepEqual(termsOfWords(found.words), [
    { field: "email", value: "ana@example.com" }, { field: "phone", value: "+1 555 0100" }, { field: "lead", value: "led_1" }, { field: null, value: "late" },
  ]);
  assert.equal(printTerms(termsOfWords(found.words)), 'email:ana@example.com phone:"+1 555 0100" lead:led_1 late');
  assert.ok(isIdentifying(found) && isIdentifying(search("user:usr_1")) && !isIdentifying(search("code:x late")));
  assert.equal(onlyAttempt(search("attempt:att_1")), "att_1");
  assert.equal(onlyAttempt(search("attempt:att_1 code:x")), null);
});

test("what cannot be searched is said, and no other day is meant", () => {
  assert.deepEqual([search("date:today").date, search("date:Yesterday").date], ["2026-11-21", "2026-11-20"]);
  assert.deepEqual(search("date:tomorrow").errors, ["date:tomorrow: write a date as YYYY-MM-DD, or today or yesterday"]);
  assert.equal(search("date:2026-11-19 date:2026-11-20").errors.length, 1);
  assert.deepEqual(search("date:2026-11-20 date:yesterday").errors, []);
  assert.deepEqual(search("outcome:failed").errors, ["outcome:failed: an outcome is success or failure"]);
  assert.deepEqual(search("outcome:failure").errors, []);
});

test("what looks like a field and is none is words, also to the server", () => {
  const url = search("bogus:xx https://example.com/a?b=c late");
  assert.deepEqual([url.words, url.unknown], ['"bogus:xx" "https://example.com/a?b=c" late', ["bogus:xx", "https://example.com/a?b=c"]]);
  // The same again, once it stands in the box.
  assert.deepEqual([search(url.words).words, search(url.words).unknown], [url.words, []]);
  assert.equal(printTerms(termsOfWords("bogus:xx email:a@b.co")), 'email:a@b.co "bogus:xx"');
  assert.equal(printTerms(termsOfWords('"two words" ana')), '"two words" ana');
});

test("what a caller holds needs no field", () => {
  const id = "0192f0c1a2b3c4d5e6f7a8b9c0d1e2f3";
  assert.equal(onlyAttempt(search(`att_${id}`)), `att_${id}`);
  assert.deepEqual(search(`usr_${id}`).filters, { user: [`usr_${id}`] });
  for (const [typed, words] of [[`led_${id}`, `lead:led_${id}`], ["ana@example.com", "email:ana@example.com"], ["+12125550123", "phone:+12125550123"], ["+1 (212) 555-0123", 'phone:"+1 (212) 555-0123"']] as const) {
    assert.equal(search(typed).words, words);
    assert.ok(isIdentifying(search(typed)));
  }
  // In quotation marks it is words; a short one may be a word.
  assert.equal(search(`"att_${id}"`).words, `"att_${id}"`);
  assert.equal(search("att_1 ana@example late +5").words, "att_1 ana@example late +5");
});

test("what is typed is completed", () => {
  const facets = [{ field: "error_code", values: [{ value: "phone_invalid", count: 9 }, { value: "email_invalid", count: 2 }], other_count: 0 }];
  const offered = (input: string) => suggestions(termAt(input, input.length), facets, "2026-11-21").map((one) => one.text);
  assert.deepEqual(offered("source:x co"), ["code:"]);
  assert.deepEqual(offered("code:ph"), ["code:phone_invalid"]);
  assert.deepEqual(offered("code:phone_invalid,em"), ["code:phone_invalid,email_invalid"]);
  assert.deepEqual(offered("code:phone_invalid"), []);
  assert.deepEqual(offered("phone"), ["phone:", "code:phone_invalid"]);
  assert.deepEqual(offered("date:2026-11-20"), ["date:2026-11-20"]);
  assert.deepEqual(termAt('source:"a b', 11), { start: 0, field: "source", typed: "a b" });
});

test("a filter of the API leads to its rows", () => {
  assert.deepEqual(rowsOf({ source: "partner_api", error_code: ["a", "b"], outcome: "failure", date: "2026-11-20" }, null), {
    screen: "attempts", item: null, open: null, words: "", filters: { source: ["partner_api"], code: ["a", "b"], outcome: ["failure"] }, range: { kind: "date", date: "2026-11-20" },
  });
  const span = rowsOf({ user_id: "usr_1", from: "2026-11-20T01:00:00Z", to: "2026-11-20T02:00:00Z" }, "2026-11-20");
  assert.deepEqual(span.range, { kind: "span", from: Date.parse("2026-11-20T01:00:00Z"), to: Date.parse("2026-11-20T02:00:00Z") });
  assert.equal(rowsOf({ key_id: "key_1", outcome: "failure" }, "2026-11-20").words, "key:key_1");
  assert.deepEqual(rowsOf({}, "2026-11-20").range, { kind: "date", date: "2026-11-20" });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSearch, printSearch } from "../src/state/search";
import { DEFAULT_VIEW, View, elsewhere, parseView, placeOf, printView } from "../src/state/view";

test("the address holds the whole view, both ways", () => {
  const view: View = {
    screen: "attempts", item: null, project: "prj_x", range: { kind: "preset", preset: "7d" },
    filters: { source: ["web_form", "a b&c"], code: ["phone_invalid"] }, words: "ana ~ 100 %", sort: "-count", open: "att_1", jobs: {}, live: false,
  };
  assert.deepEqual(parseView(printView(view)), view);
  const day: View = { ...DEFAULT_VIEW, screen: "days", item: "2026-11-20", range: { kind: "date", date: "2026-11-20" } };
  assert.deepEqual(parseView(printView(day)), day);
});

test("what is not understood is left out", () => {
  assert.deepEqual(parseView(""), DEFAULT_VIEW);
  assert.deepEqual(parseView("#/nonsense?range=9y&date=2026-02-30&from=x&to=y"), DEFAULT_VIEW);
  assert.equal(parseView("#/days/%E0%A4%A").item, "%E0%A4%A");
});

test("another screen lets go of what belongs to the row, and keeps range and filters", () => {
  const moved = elsewhere({ ...DEFAULT_VIEW, screen: "attempts", open: "att_1", filters: { source: ["web_form"] } }, { screen: "failures" });
  assert.equal(moved.open, null);
  assert.deepEqual(moved.filters, { source: ["web_form"] });
});

test("the search language", () => {
  assert.deepEqual(parseSearch('code:phone_invalid source:web_form,webhook "two words" ana'), {
    filters: { code: ["phone_invalid"], source: ["web_form", "webhook"] }, words: "two words ana", unknown: [],
  });
  assert.deepEqual(parseSearch("colour:red").unknown, ["colour:red"]);
  assert.deepEqual(parseSearch("code:").filters, {});
  assert.equal(printSearch({ source: ["a b"], user: ["usr_1"] }, "ana"), 'source:"a b" user:usr_1 ana');
  const printed = printSearch({ source: ["a b", "c"], outcome: ["failure"] }, "x");
  assert.equal(printSearch(parseSearch(printed).filters, parseSearch(printed).words), printed);
});

test("a place inside of a screen is a path", () => {
  assert.deepEqual(placeOf(parseView("#/settings/sources/web_form?project=p")), ["sources", "web_form"]);
  assert.equal(printView({ ...DEFAULT_VIEW, screen: "settings", item: "sources/a b/schema" }), "#/settings/sources/a%20b/schema");
  assert.equal(parseView(printView({ ...DEFAULT_VIEW, screen: "settings", item: "sources/a b/schema" })).item, "sources/a b/schema");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, change, dollars, duration, exact, percent, points, short, shortId } from "../src/words/numbers";

const plain = (text: string) => text.replace(/\u202f/g, " ").replace(/\u2212/g, "-");

test("counts are grouped, and short from a hundred thousand on", () => {
  assert.equal(exact(12304), "12,304");
  assert.equal(plain(exact(-12304)), "-12,304");
  assert.equal(short(99_999), "99,999");
  assert.equal(plain(short(226_062)), "226 k");
  assert.equal(plain(short(1_234_567)), "1.2 M");
  assert.equal(plain(short(999_999)), "1 M");
  assert.equal(plain(short(56_000_000)), "56 M");
});

test("shares have decimals only near the ends", () => {
  assert.equal(plain(percent(0.873)), "87 %");
  assert.equal(plain(percent(0)), "0 %");
  assert.equal(plain(percent(1)), "100 %");
  assert.equal(plain(percent(0.0421)), "4.2 %");
  assert.equal(plain(percent(0.0004)), "< 0.1 %");
  assert.equal(plain(percent(0.9996)), "> 99.9 %");
  assert.equal(plain(percent(0.994)), "99.4 %");
});

test("durations are in the unit that a person would say", () => {
  assert.equal(plain(duration(0)), "0 ms");
  assert.equal(plain(duration(0.02)), "< 0.1 ms");
  assert.equal(plain(duration(0.489)), "0.5 ms");
  assert.equal(plain(duration(6.5)), "6.5 ms");
  assert.equal(plain(duration(840)), "840 ms");
  assert.equal(plain(duration(999.9)), "1 s");
  assert.equal(plain(duration(2340)), "2.3 s");
  assert.equal(plain(duration(252_000)), "4 min 12 s");
  assert.equal(plain(duration(3 * 3_600_000)), "3 h");
  assert.equal(plain(duration(11_100_000)), "3 h 5 min");
  assert.equal(plain(duration(5 * 86_400_000)), "5 days");
});

test("changes and points", () => {
  assert.equal(plain(change(112, 100) ?? ""), "+12 %");
  assert.equal(plain(change(90, 100) ?? ""), "-10 %");
  assert.equal(change(100.2, 100), "as usual");
  assert.equal(change(5, 0), null);
  assert.equal(change(400, 100), "4\u00d7");
  assert.deepEqual(points(0.83, 0.87), { value: -4, text: "4 points" });
  assert.deepEqual(points(0.88, 0.87), { value: 1, text: "1 point" });
});

test("money, bytes, identifiers", () => {
  assert.equal(dollars(0), "$0");
  assert.equal(dollars(1_230_000), "$1.23");
  assert.equal(dollars(412), "$0.00041");
  assert.equal(plain(bytes(48_200_000)), "48.2 MB");
  assert.equal(plain(bytes(812)), "812 bytes");
  assert.equal(shortId("att_01J9ABCDEFGHJKMN7K2Q"), "att_01J9\u20267K2Q");
  assert.equal(shortId("usr_1"), "usr_1");
});

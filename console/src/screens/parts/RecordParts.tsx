import type { Attempt, FieldVerdict, LimitVerdict } from "../../api/attempts";
import type { DaySignal, VerificationResult } from "../../api/days";
import type { InclusionProof } from "../../api/proof";
import type { Report } from "../../api/reports";
import { ShareLine } from "../../charts/ShareLine";
import { TimeColumns } from "../../charts/TimeColumns";
import { timeAxis } from "../../charts/axis";
import { Limits } from "../../parts/attempt/Limits";
import { Proof, ProofPending } from "../../parts/attempt/Proof";
import { Timeline } from "../../parts/attempt/Timeline";
import { Validation } from "../../parts/attempt/Validation";
import { Against } from "../../parts/day/Against";
import { LateLane } from "../../parts/day/LateLane";
import { NoSignals, Signals } from "../../parts/day/Signals";
import { Verification } from "../../parts/day/Verification";
import { ReportDiff } from "../../parts/report/ReportDiff";
import { ReportText } from "../../parts/report/ReportText";
import { useScope } from "../../state/project";
import { DAY, addDays, startOf } from "../../words/times";
import { Section } from "./Section";

/** The parts of an attempt's page, a day's page and the trends. */
export function RecordParts() {
  return <><AttemptParts /><DayParts /><ReportParts /><TrendParts /></>;
}

const FIELDS: FieldVerdict[] = [
  { pointer: "/user/email", rule: "an email address with a domain", value_shape: { words: "text, 19 characters", masked: "a\u2022\u2022@e\u2022\u2022\u2022\u2022.com" }, result: "passed", code: null, message: null },
  { pointer: "/user/phone", rule: "E.164: + and 8 to 15 digits", value_shape: { words: "text, 10 characters", masked: "\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u202223" }, result: "failed", code: "phone_country_missing", message: "The phone number lacks its country code: write +1 before its ten digits." },
  { pointer: "/consent", rule: "true", value_shape: null, result: "failed", code: "consent_missing", message: "Consent was not given." },
];

const limit = (more: Partial<LimitVerdict>): LimitVerdict => ({
  rule_id: "user-burst", applies_to: "user", subject: null, algorithm: "token_bucket", limit: 5, window_seconds: 600, burst: 5, allowed: true, remaining: 2, before: 3, after: 2, passes_at: null, ...more,
});

const HASHES = { attempt: "dbc1b4c900ffe48d575b5da5c638040125f65db0fe3e24494b76ea986457d986", leaf: "27d02c8f713c90ea0c37901129db86ac03186ee22a1f6f13da67e6b5bcee2044", root: "6b313b611b40676b9e1dfd70c4503f2379f88f0f1c2740fb7e1cacc32c113465" };
const PROOF: InclusionProof = {
  attempt_id: "att_01J9ZK4V7Q8M2N3P", date: "2026-11-20", sequence: 3, attempt_hash: HASHES.attempt, leaf_hash: HASHES.leaf, leaf_index: 2, tree_size: 5,
  path: ["36e4970e7c84e559ed7290304c3c0672289a6918e7746d48397b0e122db7748f", "604d540f09268b91672ab011394d5266ccd7d4484d0d109411a55848126a1b2c", "12d24297164ffddfd8febbd02275c3c5ff24916dc71d5f3476931480854b3113"], root: HASHES.root, seal: { merkle_root: HASHES.root, statement: null, signature: null, key_id: null }, canonical: null,
};

function AttemptParts() {
  const { today } = useScope();
  const now = Date.now();
  const row = (sequence: number, more: Partial<Attempt>): Attempt => ({
    attempt_id: `att_${sequence}`, sequence, user_id: "usr_1", source: "web_form", channel: null, received_at: now - (10 - sequence) * 42_000, logical_date: today, outcome: "failure",
    failure_category: "validation", failure_code: "phone_invalid", failure_message: null, retry_attempt: 1, duration_ms: 12, lead_id: null, ...more,
  });
  const rows = [row(1, {}), row(2, { failure_code: "rate_limit_user" }), row(5, { outcome: "success", failure_code: null, lead_id: "led_01J9ZK4V7Q8M2N3P" })];
  return (
    <>
      <div className="columns-2">
        <Section title="Fields, some of which failed"><Validation fields={FIELDS} schema="version 3 of web_form" /></Section>
        <Section title="Limits: refused, let through, the last one, many">
          <Limits receivedAt={now} limits={[limit({ allowed: false, remaining: 0, before: 0.4, after: 0.4, passes_at: now + 72_000 }), limit({ rule_id: "let-through" }), limit({ rule_id: "the-last", remaining: 0, before: 1, after: 0, passes_at: now + 120_000 }), limit({ rule_id: "partner-hour", applies_to: "source", algorithm: "sliding_window", limit: 600, window_seconds: 3600, burst: null, remaining: 412 })]} />
        </Section>
      </div>
      <Section title="Tries of one person"><Timeline rows={rows} here="att_2" hrefOf={() => "#/parts"} /></Section>
      <Section title="Proof that holds"><Proof answer={{ proof: PROOF, raw: PROOF, publicKey: null }} today={today} dayHref="#/parts" /></Section>
      <Section title="Proof that does not"><Proof answer={{ proof: { ...PROOF, seal: { ...PROOF.seal, merkle_root: HASHES.leaf } }, raw: PROOF, publicKey: null }} today={today} dayHref="#/parts" /></Section>
      <Section title="Proof while the day is open"><ProofPending hash={HASHES.attempt} previousHash={HASHES.leaf} date={today} /></Section>
    </>
  );
}

const SIGNALS: DaySignal[] = [
  { id: "one", detector: "code_above_baseline", title: "partner_api sends phone numbers without their country code", evidence: ["61 of 140 attempts from partner_api failed with phone_country_missing."], baseline: { value: "0 %", days: 7 }, observed: "44 %", confidence: "high", since: Date.parse("2026-11-20T06:00:00Z"), rows: { filter: { source: "partner_api" }, count: 61 } },
  { id: "two", detector: "latency_step", title: "webhook is answered much more slowly than usual", evidence: ["The p95 of its 80 attempts is 410 ms."], baseline: { value: "96 ms", days: 7 }, observed: "410 ms", confidence: "medium", since: null, rows: null },
  { id: "three", detector: "user_concentration", title: "One person submits more often than others", evidence: [], baseline: null, observed: "14 attempts", confidence: "low", since: null, rows: { filter: { user_id: "usr_1" }, count: 14 } },
];
const RESULT: VerificationResult = { passed: true, rows: 96_000, rows_per_second: 184_000, checks: [{ name: "rows", passed: true, detail: "96000 rows, each with its hash and its place in the chain", first_wrong: null }, { name: "seal", passed: true, detail: "7 values agree", first_wrong: null }, { name: "events", passed: true, detail: "not verified: the event store is in use", first_wrong: null }] };

function DayParts() {
  const { today } = useScope();
  const mean = (days: number, factor: number) => ({ days, attempts_mean: 100 * factor, leads_mean: 90 * factor, failures_mean: 10 * factor, failure_share: 0.1 });
  return (
    <>
      <Section title="Signals"><Signals signals={SIGNALS} date={today} /></Section>
      <div className="columns-2">
        <Section title="No signals"><NoSignals attempts={12} /></Section>
        <Section title="Against other days"><Against own={{ attempts: 120, leads: 100, failures: 20 }} comparison={{ trailing_seven_days: mean(7, 1), same_weekday: mean(4, 1.3), all_time: mean(210, 0.8) }} date={today} heading="This day" /></Section>
        <Section title="A check that passed"><Verification result={RESULT} /></Section>
        <Section title="A check that failed"><Verification result={{ ...RESULT, passed: false, checks: [{ name: "rows", passed: false, detail: "attempt 41207 (att_1): its content does not give its hash", first_wrong: { subject: "attempt", sequence: 41_207, attempt_id: "att_1" } }, ...RESULT.checks.slice(1)] }} /></Section>
        <Section title="Late lane"><LateLane events={2} count={3} attempts={[{ attempt_id: "att_1", sequence: 1, source: "webhook", outcome: "success", failure_code: null, received_at: Date.now(), late: { date: addDays(today, -1), received_at: Date.now() - 3_600_000 } }]} /></Section>
      </div>
    </>
  );
}

const REPORT: Report = {
  version: 2, status: "succeeded", generated_at: Date.parse("2026-11-21T02:00:00Z"), model: "llama3.1:8b", prompt_version: "3", snapshot_sha256: HASHES.root, snapshot_at: Date.parse("2026-11-21T01:59:41Z"), fallback: null, timings_ms: { total: 18_200 },
  sections: { executive_summary: ["1,234 attempts became 1,040 leads; roughly 37.5 % of the partner's traffic was refused."], user_behaviour: ["Most people submit between 11:00 and 16:00.", "One in eight attempts is a second try."], system_behaviour: ["95 % of attempts were answered within 41.4 ms."], misconfiguration_signals: [], confidence_and_scope: [] },
  grounding: { checked: 4, supported: 3, share: 0.75, unsupported: [], figures: [
    { text: "1,234", section: "executive_summary", start: 0, end: 5, supported: true, fact: "attempts: 1234", rows: { filter: {}, count: 1234 } },
    { text: "1,040", section: "executive_summary", start: null, end: null, supported: true, fact: "leads: 1040", rows: { filter: { outcome: "success" }, count: 1040 } },
    { text: "37.5 %", section: "executive_summary", start: null, end: null, supported: false, fact: null, rows: null },
    { text: "41.4 ms", section: "system_behaviour[0]", start: null, end: null, supported: true, fact: "latency p95: 41.4 ms", rows: null },
  ] },
};

function ReportParts() {
  const { today } = useScope();
  return (
    <div className="columns-2">
      <Section title="A report: figures with a fact and rows, with a fact alone, and without either"><ReportText report={REPORT} date={today} /></Section>
      <Section title="What changed between two versions">
        <ReportDiff from={1} to={2} comparison={{ grounding: { from: { checked: 5, supported: 5, share: 1 }, to: { checked: 4, supported: 3, share: 0.75 } }, sections: [
          { name: "executive_summary", diff: [{ kind: "same", text: "1,234 attempts became 1,040 leads. " }, { kind: "removed", text: "Most failures came from partner_api. " }, { kind: "added", text: "Roughly 37.5 % of the partner's traffic was refused." }] },
          { name: "user_behaviour", diff: [{ kind: "same", text: "Most people submit between 11:00 and 16:00." }] },
          { name: "confidence_and_scope", diff: [] },
        ] }} />
      </Section>
    </div>
  );
}

function TrendParts() {
  const { zone, today } = useScope();
  const axis = timeAxis(zone, today);
  const days = Array.from({ length: 90 }, (_, index) => {
    const from = startOf(addDays(today, index - 89), zone);
    return { from, to: from + DAY, index, attempts: index > 40 && index < 44 ? 0 : 60 + ((index * 37) % 23) - (index % 7 > 4 ? 25 : 0) };
  });
  return (
    <>
      <Section title="Many days, one whose books are off, the last still open">
        <TimeColumns axis={axis} beforeName={null} fillingFrom={days[89]?.from ?? null} label="An example" parts={[{ name: "Leads", tone: "good" }, { name: "Failures", tone: "bad" }]} marks={[{ at: days[61]?.from ?? 0, words: "books off" }]}
          columns={days.map((day) => ({ from: day.from, to: day.to, before: null, values: [Math.round(day.attempts * 0.88), Math.round(day.attempts * 0.12)] }))} />
      </Section>
      <Section title="A share, with a gap"><ShareLine axis={axis} label="An example" points={days.map((day) => ({ from: day.from, to: day.to, share: day.attempts === 0 ? null : 0.1 + (day.index % 9) / 60 }))} /></Section>
    </>
  );
}

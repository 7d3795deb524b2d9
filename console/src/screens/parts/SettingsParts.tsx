import { ReactNode, useState } from "react";
import type { LimitRule } from "../../api/limits";
import { ApiFailure } from "../../api/failure";
import { LimitKey, LimitPicture } from "../../charts/LimitPicture";
import { FileDrop } from "../../parts/FileDrop";
import { ListInput, Refusal, Segmented, TextField } from "../../parts/Form";
import { JobMark } from "../../parts/JobMark";
import { ExportLink } from "../../parts/ExportLink";
import { Samples } from "../../parts/Samples";
import { SubNav } from "../../parts/SubNav";
import { ruleWords } from "../../words/limits";

/** The parts of forms and settings, in their states. */
export function SettingsParts() {
  return (
    <>
      <Section title="Places inside of a screen"><SubNav label="Of the parts" places={[{ item: null, name: "Here", here: true }, { item: "there", name: "There", here: false }]} /></Section>
      <Fields />
      <div className="columns-2">
        <Section title="Refused, with places"><Refusal of="the form" failure={new ApiFailure("refused", "The form cannot be saved: see errors.", { status: 422, fields: [{ pointer: "/redirect_targets/0", code: "field_value", message: "Write a whole address." }] })} /></Section>
        <Section title="Refused, not permitted"><Refusal of="the limits" failure={new ApiFailure("forbidden", "The credentials lack the scope admin.", { status: 403 })} /></Section>
        <Section title="Refused by a server that fails"><Refusal of="the secret" failure={new ApiFailure("server", "Settings cannot be changed at the moment.", { status: 503, correlationId: "9f2c4e8ab1d04c6f8e21aa7305bd9c10" })} /></Section>
        <Section title="Marks of jobs"><p className="parts-row">{(["queued", "running", "succeeded", "failed", "cancelled"] as const).map((status) => <JobMark key={status} status={status} />)}<ExportLink /></p></Section>
        <Section title="The same in several languages"><Samples label="Languages" samples={[{ name: "Shell", text: "curl http://localhost:8080" }, { name: "Python", text: "import urllib.request" }]} /></Section>
        <Section title="A place for a file"><FileDrop accept=".csv" title="Drop a file here" hint="What it must be, and how large." onFile={() => undefined} /></Section>
      </div>
      <Limits />
    </>
  );
}

function Fields() {
  const [text, setText] = useState("https://example.com/thanks");
  const [choice, choose] = useState<"one" | "two">("one");
  const [list, setList] = useState(["https://example.com", "example.com"]);
  return (
    <Section title="Fields">
      <div className="form-grid">
        <TextField label="A field" value={text} onText={setText} hint="What it is for." />
        <TextField label="With what is wrong" value="a b" onText={() => undefined} error="1 to 64 letters, digits or _ . : -" />
        <TextField label="With a unit" value="30" onText={() => undefined} unit="submissions" />
        <Segmented label="One of a few" value={choice} onChoose={choose} choices={[{ value: "one", says: "One" }, { value: "two", says: "Two" }]} />
        <ListInput label="Several" values={list} errors={{ 1: "An absolute address, such as https://example.com" }} placeholder="https://example.com" add="Add one" onChange={setList} />
      </div>
    </Section>
  );
}

const RULES: Omit<LimitRule, "rule_id">[] = [
  { applies_to: "user", source: null, algorithm: "token_bucket", limit: 30, window_seconds: 60, burst: 30 },
  { applies_to: "key", source: null, algorithm: "token_bucket", limit: 5, window_seconds: 1, burst: 50 },
  { applies_to: "source", source: "partner_api", algorithm: "sliding_window", limit: 1000, window_seconds: 3600, burst: null },
];

function Limits() {
  return (
    <div className="columns-3">
      {RULES.map((rule) => <Section key={ruleWords(rule)} title={ruleWords(rule)}><LimitPicture rule={rule} /><LimitKey /></Section>)}
    </div>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return <section className="panel" aria-label={title}><header className="panel-head"><h2>{title}</h2></header>{children}</section>;
}

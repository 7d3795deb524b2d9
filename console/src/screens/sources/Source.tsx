import { SettingsNav, SubNav } from "../../parts/SubNav";
import { useKeys } from "../../state/keyboard";
import { useScope } from "../../state/project";
import { formOf, schemaOf, sourcesOf, webhookOf } from "../../state/settingsQuestions";
import { useAnswer } from "../../state/useAnswer";
import { go, useHref } from "../../state/useView";
import { counted, percent } from "../../words/numbers";
import { ApiSide } from "./ApiSide";
import { FormSide } from "./FormSide";
import { SchemaSide } from "./SchemaSide";
import { WebhookSide } from "./WebhookSide";
import { activeSecrets } from "./words";
import "./sources.css";

const SIDES = ["schema", "form", "webhook", "api"] as const;
const SIDE_NAMES: Record<typeof SIDES[number], string> = { schema: "Field schema", form: "Form", webhook: "Webhook", api: "API" };

/** Esc leaves a field first, and the page when no field has the focus. */
function leaveOrBlur(): void {
  const at = document.activeElement;
  if (at instanceof HTMLElement && at.matches("input,select,textarea")) at.blur();
  else go({ item: "sources", open: null });
}

/** What is set up for one source? */
export function Source({ source, side }: { source: string; side: string | undefined }) {
  const href = useHref();
  const shown = SIDES.find((name) => name === side) ?? "schema";
  useKeys([
    { keys: "Escape", says: "All sources", group: "On this screen", run: leaveOrBlur },
    ...SIDES.map((name, index) => ({ keys: String(index + 1), says: SIDE_NAMES[name], group: "On this screen" as const, run: () => go({ item: `sources/${source}/${name}`, open: null }) })),
  ]);
  if (!/^[A-Za-z0-9_.:-]{1,64}$/.test(source)) {
    return <><SettingsNav /><h1>Not a source</h1><p className="sentence">A source is named with 1 to 64 letters, digits or _ . : - <a href={href({ item: "sources" })}>All sources</a></p></>;
  }
  return (
    <>
      <SettingsNav />
      <nav className="crumbs" aria-label="Where this is"><a href={href({ item: "sources", open: null })}>Sources</a><span aria-hidden="true">/</span></nav>
      <h1>{source}</h1>
      <Sentence source={source} />
      <div className="sub-nav-inner"><SubNav label="Of this source" places={SIDES.map((name) => ({ item: `sources/${source}/${name}`, name: SIDE_NAMES[name], here: name === shown }))} /></div>
      {shown === "schema" && <SchemaSide key={source} source={source} />}
      {shown === "form" && <FormSide key={source} source={source} />}
      {shown === "webhook" && <WebhookSide key={source} source={source} />}
      {shown === "api" && <ApiSide source={source} />}
    </>
  );
}

function Sentence({ source }: { source: string }) {
  const scope = useScope();
  const href = useHref();
  const counts = useAnswer(sourcesOf(scope)).data?.sources.find((row) => row.source === source)?.today ?? null;
  const schema = useAnswer(schemaOf(scope, source)).data;
  const form = useAnswer(formOf(scope, source)).data;
  const webhook = useAnswer(webhookOf(scope, source)).data;
  const known = schema !== undefined && form !== undefined && webhook !== undefined;
  const secrets = activeSecrets(webhook ?? null, Date.now());
  return (
    <p className="sentence">
      {counts && counts.events > 0
        ? <><a href={href({ screen: "attempts", item: null, open: null, range: { kind: "preset", preset: "today" }, filters: { source: [source] }, words: "" })}>{counted(counts.events, "attempt")}</a> today, {percent(counts.successes / counts.events)} succeeded. </>
        : counts || known ? "Nothing was sent today. " : ""}
      {known && <>{schema.active_version === null ? "Its fields are not checked by a schema" : `Version ${schema.active_version} of its field schema is on`}; its form is {form?.is_enabled ? "open" : "closed"}; {secrets === 0 ? "its webhook is closed" : secrets === 1 ? "its webhook is open" : `its webhook is open with ${secrets} secrets`}.</>}
      {!known && "\u00a0"}
    </p>
  );
}

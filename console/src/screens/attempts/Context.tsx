import { isObject } from "../../api/decode";
import { CopyId } from "../../parts/Copy";
import { Moment } from "../../parts/Moment";
import { useHref } from "../../state/useView";
import { duration, exact } from "../../words/numbers";

/** The data needed to understand the result: what was wrong with which field, the state of the limiter, facts of the request. */
export function Context({ context }: { context: Record<string, unknown> }) {
  const { errors, limiter, duplicate_of, ...rest } = context;
  const fields = Array.isArray(errors) ? errors.filter(isObject) : [];
  const entries = Object.entries(rest).filter(([, value]) => value !== null && value !== undefined);
  const single = entries.filter(([, value]) => !isObject(value) && !Array.isArray(value));
  return (
    <>
      {fields.length > 0 && <RefusedFields fields={fields} />}
      {isObject(limiter) && <Limiter limiter={limiter} />}
      {typeof duplicate_of === "string" && <DuplicateOf id={duplicate_of} />}
      {entries.map(([name, value]) => isObject(value) || Array.isArray(value) ? (
        <section key={name}><h3>{heading(name)}</h3><Value name={name} value={value} /></section>
      ) : null)}
      {single.length > 0 && <section><h3>Context</h3><dl className="facts">{single.map(([name, value]) => <Fact key={name} name={name} value={value} />)}</dl></section>}
    </>
  );
}

function RefusedFields({ fields }: { fields: readonly Record<string, unknown>[] }) {
  return (
    <section>
      <h3>{fields.length === 1 ? "The field that was refused" : `The ${fields.length} fields that were refused`}</h3>
      <table className="table field-table">
        <thead><tr><th scope="col">Field and rule</th><th scope="col">Sent</th><th scope="col">What to do</th></tr></thead>
        <tbody>
          {fields.map((field, index) => (
            <tr key={index}>
              <td><code>{text(field["pointer"]) || "/"}</code><br /><code className="bad">{text(field["code"])}</code></td>
              <td>{field["value"] === undefined || field["value"] === null ? <span className="quieter">nothing</span> : <code className="field-value">{text(field["value"])}</code>}</td>
              <td>{text(field["message"])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The limiter's state in words, then the numbers from which the decision can be recomputed. */
function Limiter({ limiter }: { limiter: Record<string, unknown> }) {
  const { limit_per_minute, allowed, remaining, passes_at } = limiter;
  const passes = typeof passes_at === "string" ? Date.parse(passes_at) : NaN;
  return (
    <section>
      <h3>Rate limit of this person</h3>
      <p>
        {typeof limit_per_minute === "number" && <>At most {exact(limit_per_minute)} a minute. </>}
        {typeof allowed === "boolean" && (allowed ? <>This attempt was let through</> : <>This attempt was <span className="bad">turned away</span></>)}
        {allowed === true && typeof remaining === "number" && <>; {exact(remaining)} more could follow at once</>}
        {allowed === false && Number.isFinite(passes) && <>; the next would pass at <Moment at={passes} seconds /></>}.
      </p>
      <details className="limiter"><summary>Numbers of the decision</summary>
        <dl className="facts">{Object.entries(limiter).map(([name, value]) => <Fact key={name} name={name} value={value} />)}</dl>
      </details>
    </section>
  );
}

function DuplicateOf({ id }: { id: string }) {
  const href = useHref();
  return (
    <section>
      <h3>The first of its kind</h3>
      <p>{id.startsWith("att_") ? <a href={href({ open: id })}>The attempt that came first</a> : <>Lead <CopyId id={id} head={12} tail={6} /></>}</p>
    </section>
  );
}

function Fact({ name, value }: { name: string; value: unknown }) {
  return <div className="fact-row"><dt>{heading(name)}</dt><dd><Value name={name} value={value} /></dd></div>;
}

const IDENTIFIER_LENGTH = 24;

function Value({ name, value }: { name: string; value: unknown }): JSX.Element {
  if (Array.isArray(value)) return <ul className="context-list">{value.map((item, index) => <li key={index}><Value name={name} value={item} /></li>)}</ul>;
  if (isObject(value)) return <dl className="facts">{Object.entries(value).map(([inner, part]) => <Fact key={inner} name={inner} value={part} />)}</dl>;
  if (typeof value === "number") {
    if (/interval_us$/.test(name)) return <span className="number" title={`${exact(value)} \u00b5s`}>{duration(value / 1000)}</span>;
    return <span className="number">{Number.isInteger(value) ? exact(value) : value}</span>;
  }
  if (typeof value === "boolean") return <>{value ? "yes" : "no"}</>;
  if (typeof value !== "string") return <>{text(value)}</>;
  if (/^\d{4}-\d\d-\d\dT.*Z$/.test(value) && !Number.isNaN(Date.parse(value))) return <Moment at={Date.parse(value)} seconds />;
  return value.length > IDENTIFIER_LENGTH && /^[\w-]+$/.test(value) ? <CopyId id={value} head={12} tail={6} /> : <span>{value}</span>;
}

function heading(name: string): string {
  const words = name.replace(/_sha256$/, " SHA-256").replace(/_us$/, "").replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

import { isObject } from "../../api/decode";
import { duration, exact } from "../../words/numbers";
import { CopyId } from "../Copy";
import { Said } from "../Name";
import { Moment } from "../Moment";
import "./attempt.css";

/** Facts of the request and whatever else was recorded to understand the result, member by member. */
export function Context({ context }: { context: Record<string, unknown> }) {
  const entries = Object.entries(context);
  const single = entries.filter(([, value]) => !isObject(value) && !Array.isArray(value));
  return (
    <>
      {entries.map(([name, value]) => isObject(value) || Array.isArray(value) ? (
        <section key={name}><h3>{heading(name)}</h3><Value name={name} value={value} /></section>
      ) : null)}
      {single.length > 0 && <section><h3>Context</h3><dl className="facts">{single.map(([name, value]) => <Fact key={name} name={name} value={value} />)}</dl></section>}
    </>
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
  return value.length > IDENTIFIER_LENGTH && /^[\w-]+$/.test(value) ? <CopyId id={value} head={12} tail={6} /> : <Said>{value}</Said>;
}

function heading(name: string): string {
  const words = name.replace(/_sha256$/, " SHA-256").replace(/_us$/, "").replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

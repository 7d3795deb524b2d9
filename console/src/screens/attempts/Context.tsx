import { ReactNode } from "react";
import { isObject } from "../../api/decode";
import { exact } from "../../words/numbers";

/** The data needed to understand the result: what was wrong with which field, the state of the limiter, facts of the request. */
export function Context({ context }: { context: Record<string, unknown> }) {
  const { fields, rest } = split(context);
  const entries = Object.entries(rest).filter(([, value]) => value !== null && value !== undefined);
  return (
    <>
      {fields.length > 0 && (
        <section>
          <h3>Fields that were refused</h3>
          <table className="table field-table">
            <thead><tr><th scope="col">Field</th><th scope="col">Rule</th><th scope="col">What to do</th></tr></thead>
            <tbody>
              {fields.map((field, index) => (
                <tr key={index}>
                  <td><code>{text(field["pointer"] ?? field["field"]) || "/"}</code>{shape(field)}</td>
                  <td><code className="bad">{text(field["code"] ?? field["rule"])}</code></td>
                  <td>{text(field["message"] ?? field["detail"])}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {entries.map(([name, value]) => isObject(value) || Array.isArray(value) ? (
        <section key={name}><h3>{heading(name)}</h3><Value value={value} /></section>
      ) : null)}
      {entries.some(([, value]) => !isObject(value) && !Array.isArray(value)) && (
        <section>
          <h3>Context</h3>
          <dl className="facts">
            {entries.map(([name, value]) => isObject(value) || Array.isArray(value) ? null : <div className="fact-row" key={name}><dt>{heading(name)}</dt><dd><Value value={value} /></dd></div>)}
          </dl>
        </section>
      )}
    </>
  );
}

const FIELD_LISTS = ["errors", "fields", "field_errors", "problems"];

/** The first member that is a list of refused fields, and everything else. */
function split(context: Record<string, unknown>): { fields: Record<string, unknown>[]; rest: Record<string, unknown> } {
  for (const name of FIELD_LISTS) {
    const value = context[name];
    if (Array.isArray(value) && value.length > 0 && value.every((item) => isObject(item) && ("pointer" in item || "field" in item))) {
      const { [name]: taken, ...rest } = context;
      return { fields: (taken as unknown[]).filter(isObject), rest };
    }
  }
  return { fields: [], rest: context };
}

/** What the value looked like; never the value itself. */
function shape(field: Record<string, unknown>): ReactNode {
  const found = field["shape"] ?? field["value_shape"] ?? field["found"];
  return found === undefined || found === null ? null : <span className="quieter field-shape">{text(found)}</span>;
}

function Value({ value }: { value: unknown }) {
  if (Array.isArray(value)) return <ul className="context-list">{value.map((item, index) => <li key={index}><Value value={item} /></li>)}</ul>;
  if (isObject(value)) {
    return <dl className="facts">{Object.entries(value).map(([name, part]) => <div className="fact-row" key={name}><dt>{heading(name)}</dt><dd><Value value={part} /></dd></div>)}</dl>;
  }
  if (typeof value === "number") return <span className="number">{Number.isInteger(value) ? exact(value) : value}</span>;
  if (typeof value === "boolean") return <>{value ? "yes" : "no"}</>;
  return <span>{text(value)}</span>;
}

function heading(name: string): string {
  const words = name.replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

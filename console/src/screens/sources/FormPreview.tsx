import { useMemo } from "react";
import { PreviewField, readForm } from "./formReader";

/**
 * The form as a browser would show it, drawn from the snippet itself: its markup is parsed without being run, and each field
 * is drawn with the console's own controls, which post nothing.
 */
export function FormPreview({ snippet, honeypot }: { snippet: string; honeypot: string }) {
  const form = useMemo(() => readForm(snippet, honeypot), [snippet, honeypot]);
  const shown = form.fields.filter((field) => field.kind !== "hidden" && field.kind !== "honeypot");
  const hidden = form.fields.filter((field) => field.kind === "hidden" || field.kind === "honeypot");
  return (
    <figure className="form-preview">
      <figcaption className="quieter">How a browser shows it</figcaption>
      <div className="form-preview-page" aria-hidden="true">
        {shown.map((field, index) => <Drawn key={`${field.name} ${index}`} field={field} />)}
        <span className="button button-main">{form.submit}</span>
      </div>
      {hidden.length > 0 && <p className="quieter">Not seen by people: {hidden.map((field) => (field.kind === "honeypot" ? `${field.name} (the honeypot)` : `${field.name} = ${field.value}`)).join(", ")}.</p>}
    </figure>
  );
}

function Drawn({ field }: { field: PreviewField }) {
  if (field.kind === "checkbox") return <p className="check"><input type="checkbox" disabled /><span>{field.label}</span></p>;
  return (
    <div className="form-preview-field">
      <span>{field.label}{field.required && <span className="quieter"> required</span>}</span>
      <span className="input form-preview-input">{field.kind === "select" ? field.options[0] ?? "" : field.placeholder}</span>
    </div>
  );
}

/** What forms are made of. Each says what is wrong beside the place where it is put right. */
import { InputHTMLAttributes, ReactNode, useId, useState } from "react";
import { ApiFailure } from "../api/failure";
import { CopyId } from "./Copy";
import { Dialog } from "./Drawer";
import { Icon } from "./Icon";
import "./forms.css";

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | undefined;
  className?: string;
  /** Gets the ids that tie label, hint and error to the control. */
  children: (wired: { id: string; "aria-describedby": string | undefined; "aria-invalid": true | undefined }) => ReactNode;
}

export function FormField({ label, hint, error, className = "", children }: FieldProps) {
  const id = useId();
  const about = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ") || undefined;
  return (
    <div className={`form-field ${className}`}>
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": about, "aria-invalid": error ? true : undefined })}
      {error && <p className="form-error" id={`${id}-error`} role="alert"><Icon name="warning" size={12} />{error}</p>}
      {hint && <p className="form-hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

type TextFieldProps = Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "value"> & { label: ReactNode; value: string; onText: (text: string) => void; hint?: ReactNode; error?: string | undefined; fieldClass?: string; unit?: string };

export function TextField({ label, value, onText, hint, error, fieldClass, unit, className, ...more }: TextFieldProps) {
  return (
    <FormField label={label} hint={hint} error={error} {...(fieldClass ? { className: fieldClass } : {})}>
      {(wired) => (
        <span className={unit ? "with-unit" : "without-unit"}>
          <input className={`input ${className ?? ""}`} value={value} onChange={(event) => onText(event.target.value)} {...more} {...wired} />
          {unit && <span className="unit">{unit}</span>}
        </span>
      )}
    </FormField>
  );
}

/** One of a few, all in sight. */
export function Segmented<T extends string>({ label, value, choices, onChoose }: { label: string; value: T; choices: readonly { value: T; says: ReactNode; hint?: string }[]; onChoose: (value: T) => void }) {
  const name = useId();
  return (
    <fieldset className="segmented">
      <legend>{label}</legend>
      <div>
        {choices.map((choice) => (
          <label key={choice.value} title={choice.hint}>
            <input type="radio" name={name} value={choice.value} checked={choice.value === value} onChange={() => onChoose(choice.value)} /><span>{choice.says}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Several texts, one a line. */
export function ListInput({ label, hint, values, errors, placeholder, add, onChange }: { label: string; hint?: ReactNode; values: readonly string[]; errors: Readonly<Record<number, string>>; placeholder: string; add: string; onChange: (values: string[]) => void }) {
  const id = useId();
  const change = (index: number, text: string) => onChange(values.map((value, other) => (other === index ? text : value)));
  const focus = (index: number) => requestAnimationFrame(() => document.getElementById(`${id}-${index}`)?.focus());
  return (
    <fieldset className="list-input">
      <legend>{label}</legend>
      {hint && <p className="form-hint">{hint}</p>}
      {values.map((value, index) => (
        <div className="list-input-row" key={index}>
          <input id={`${id}-${index}`} className="input" value={value} placeholder={placeholder} aria-label={`${label}, ${index + 1}`} aria-invalid={errors[index] ? true : undefined} aria-describedby={errors[index] ? `${id}-${index}-error` : undefined} spellCheck={false}
            onChange={(event) => change(index, event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              if (index === values.length - 1 && value.trim()) onChange([...values, ""]);
              focus(index + 1);
            }} />
          <button type="button" className="button button-plain button-icon" aria-label={`Remove ${value || `line ${index + 1}`}`} title="Remove" onClick={() => { onChange(values.filter((_, other) => other !== index)); focus(Math.max(0, index - 1)); }}><Icon name="close" size={14} /></button>
          {errors[index] && <p className="form-error" id={`${id}-${index}-error`}><Icon name="warning" size={12} />{errors[index]}</p>}
        </div>
      ))}
      <button type="button" className="button button-small" onClick={() => { onChange([...values, ""]); focus(values.length); }}><Icon name="plus" size={14} />{add}</button>
    </fieldset>
  );
}

/** What the server refused about the whole, with its request id. */
export function Refusal({ failure, of, says }: { failure: ApiFailure | null; of: string; says?: string }) {
  if (!failure) return null;
  return (
    <div className="refusal" role="alert">
      <Icon name={failure.kind === "forbidden" ? "lock" : "warning"} />
      <div>
        <p><strong>{failure.kind === "forbidden" ? `You may not change ${of}` : says ?? `${capital(of)} was not saved`}</strong></p>
        <p className="quiet">{failure.message}{failure.kind === "forbidden" && " An owner or admin of the organisation can."}</p>
        {failure.fields.length > 0 && <ul>{failure.fields.map((field, index) => <li key={index}><code>{field.pointer}</code> {field.message}</li>)}</ul>}
        {failure.correlationId && (failure.kind === "server" || failure.kind === "unreachable" || failure.kind === "timeout" || failure.kind === "incompatible") && <p className="quieter">Request <CopyId id={failure.correlationId} /></p>}
      </div>
    </div>
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export const asFailure = (error: unknown): ApiFailure => (error instanceof ApiFailure ? error : new ApiFailure("incompatible", error instanceof Error ? error.message : "It did not work."));

interface ConfirmProps {
  label: string;
  title: ReactNode;
  /** What will change, before it does. */
  children: ReactNode;
  confirm: string;
  confirming: string;
  keep?: string;
  danger?: boolean;
  of: string;
  run: () => Promise<unknown>;
  onDone: () => void;
  onClose: () => void;
}

/** Asks before something that others will notice. */
export function Confirm({ label, title, children, confirm, confirming, keep = "Cancel", danger = false, of, run, onDone, onClose }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const go = () => {
    setBusy(true);
    setFailure(null);
    run().then(onDone, (error: unknown) => { setBusy(false); setFailure(asFailure(error)); });
  };
  return (
    <Dialog label={label} onClose={onClose}>
      <h2>{title}</h2>
      <div className="confirm-body">{children}</div>
      <Refusal failure={failure} of={of} />
      <div className="form-actions">
        <button type="button" className={`button ${danger ? "button-danger" : "button-main"}`} disabled={busy} onClick={go}>{busy ? confirming : confirm}</button>
        <button type="button" className="button button-plain" onClick={onClose} data-autofocus>{keep}</button>
      </div>
    </Dialog>
  );
}

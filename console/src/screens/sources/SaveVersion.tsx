import { FormEvent, useState } from "react";
import { ApiFailure } from "../../api/failure";
import { SchemaVersion, WrittenSchema, createVersion } from "../../api/schemas";
import { Dialog } from "../../parts/Drawer";
import { Refusal, TextField, asFailure } from "../../parts/Form";
import { useScope } from "../../state/project";
import { consequences } from "../../words/fields";
import { SchemaAnswer } from "../../state/settingsQuestions";
import { Problems, placed } from "./draft";
import { heldBy } from "./words";

interface SaveVersionProps {
  source: string;
  written: WrittenSchema;
  next: number;
  schema: SchemaAnswer;
  onClose: () => void;
  /** What the server refused, by place in the table. */
  onRefused: (problems: Problems) => void;
  onSaved: (version: SchemaVersion, on: boolean) => void;
}

/** Says what the new version will change before it does. */
export function SaveVersion({ source, written, next, schema, onClose, onRefused, onSaved }: SaveVersionProps) {
  const { project } = useScope();
  const [note, setNote] = useState("");
  const [on, setOn] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const says = consequences(heldBy(schema, schema.active_version), written);
  const save = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    createVersion(project.project_id, source, written, note.trim(), on).then(
      (version) => onSaved(version, on),
      (error: unknown) => {
        const found = asFailure(error);
        const { problems, rest } = placed(found.fields);
        if (Object.keys(problems).length > 0 && rest.length === 0) return onRefused(problems);
        setBusy(false);
        setFailure(found);
      },
    );
  };
  return (
    <Dialog label="Save the schema" onClose={onClose}>
      <h2>Save version {next} for {source}</h2>
      <form onSubmit={save} noValidate>
        <div className="confirm-body">
          <p>{schema.active_version !== null ? `Against version ${schema.active_version}, which is on, it would mean:` : "No version is on now: the built-in rules hold. With this one instead:"}</p>
          <ul className="says">{says.length === 0 ? <li>Nothing changes for submissions.</li> : says.map((line) => <li key={line}>{line}</li>)}</ul>
          <TextField label="What is it for?" value={note} onText={setNote} placeholder="Loan amounts from the new form" maxLength={200} data-autofocus hint="For those who look at the versions later. May stay empty." />
          <label className="check"><input type="checkbox" checked={on} onChange={() => setOn(!on)} /><span>Switch it on at once <span className="quieter">from the next submission on; otherwise it is only kept</span></span></label>
        </div>
        <Refusal failure={failure} of="the version" />
        <div className="form-actions">
          <button type="submit" className="button button-main" disabled={busy}>{busy ? "Saving" : on ? "Save and switch on" : "Save"}</button>
          <button type="button" className="button button-plain" onClick={onClose}>Cancel</button>
        </div>
      </form>
    </Dialog>
  );
}

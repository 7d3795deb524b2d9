import { FormEvent, useState } from "react";
import { Project, createProject } from "../../api/accounts";
import { ApiFailure } from "../../api/failure";
import { Icon } from "../../parts/Icon";
import { addProject } from "../../state/session";
import { go } from "../../state/useView";
import { SecretShown } from "../../parts/SecretShown";

/** The zone decides when a project's days begin and end, so it is asked for at the beginning. */
export function NewProject() {
  const [open, show] = useState(false);
  const [name, setName] = useState("");
  const [zone, setZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const [created, setCreated] = useState<{ project: Project; key: string } | null>(null);
  if (created) return <SecretShown label="The new key" title={`First key of ${created.project.name}`} secret={created.key} onClose={() => { setCreated(null); open_(created.project); }} />;
  if (!open) return <button type="button" className="button settings-more" onClick={() => show(true)}><Icon name="plus" size={14} />New project</button>;
  const open_ = (project: Project) => go({ project: project.project_id, filters: {}, words: "" });
  const create = (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim()) return setFailure("Give the project a name.");
    setBusy(true);
    setFailure(null);
    createProject({ name: name.trim(), time_zone: zone.trim(), region: "local" }).then(
      ({ api_key, ...project }) => {
        addProject(project);
        show(false);
        setName("");
        setBusy(false);
        if (api_key) setCreated({ project, key: api_key });
        else open_(project);
      },
      (error: unknown) => {
        setBusy(false);
        setFailure(error instanceof ApiFailure ? [error.message, ...error.fields.map((field) => field.message)].join(" ") : "The project was not created.");
      },
    );
  };
  return (
    <form className="settings-form" onSubmit={create} noValidate>
      <label className="field"><span>Name</span><input className="input" value={name} autoFocus onChange={(event) => setName(event.target.value)} /></label>
      <label className="field"><span>Time zone</span><input className="input" value={zone} onChange={(event) => setZone(event.target.value)} /></label>
      <div className="settings-actions">
        <button type="submit" className="button button-main" disabled={busy}>{busy ? "Creating" : "Create project"}</button>
        <button type="button" className="button button-plain" onClick={() => show(false)}>Cancel</button>
      </div>
      <p className="bad settings-said" role="alert">{failure}</p>
    </form>
  );
}

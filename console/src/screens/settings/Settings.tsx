import { useScope } from "../../state/project";
import { useHref } from "../../state/useView";
import { CopyId } from "../../parts/Copy";
import { Icon } from "../../parts/Icon";
import { SettingsNav } from "../../parts/SubNav";
import { Keys } from "./Keys";
import { NewProject } from "./NewProject";
import "./settings.css";

export function Settings() {
  const { session, project } = useScope();
  const href = useHref();
  return (
    <>
      <SettingsNav />
      <h1>Settings</h1>
      <p className="sentence">{session.organisation.name} has {session.projects.length === 1 ? "one project" : `${session.projects.length} projects`}. You are signed in as {session.member.email}, {session.member.role}.</p>
      <div className="stack screen-stack">
        <Keys />
        <section className="panel" aria-labelledby="projects-title">
          <header className="panel-head"><h2 id="projects-title">Projects</h2><span className="panel-note">each has its own data, keys, zone and limits</span></header>
          <div className="table-scroll" tabIndex={0} role="region" aria-label="Projects of the organisation">
            <table className="table projects-table">
              <thead><tr><th scope="col">Name</th><th scope="col">Time zone</th><th scope="col">Region</th><th scope="col">Id</th></tr></thead>
              <tbody>
                {session.projects.map((candidate) => (
                  <tr key={candidate.project_id}>
                    <td>{candidate.project_id === project.project_id ? <span className="mark-good"><b>{candidate.name}</b><Icon name="check" size={14} /><span className="quieter">shown now</span></span> : <a href={href({ project: candidate.project_id, filters: {}, words: "" })}>{candidate.name}</a>}</td>
                    <td className="quiet">{candidate.time_zone}</td><td className="quiet">{candidate.region || "\u2013"}</td><td><CopyId id={candidate.project_id} head={14} tail={6} /></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <NewProject />
        </section>
      </div>
    </>
  );
}

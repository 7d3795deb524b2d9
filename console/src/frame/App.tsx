import { useEffect } from "react";
import { Project, Session } from "../api/accounts";
import { ApiFailure } from "../api/failure";
import { Icon, Mark } from "../parts/Icon";
import { Boundary, Waiting } from "../parts/Panel";
import { useNow } from "../state/now";
import { ScopeProvider } from "../state/project";
import { leave, resumeSession, useSession } from "../state/session";
import { DEFAULT_VIEW, printView } from "../state/view";
import { useView } from "../state/useView";
import { SignIn } from "../screens/signIn/SignIn";
import { Frame } from "./Frame";
import { placeTitle } from "./places";
import { NAMES, Screen } from "./screens";
import "./frame.css";

export function App() {
  const state = useSession();
  const view = useView();
  useEffect(() => {
    document.title = state.phase === "signed_in" ? `${placeTitle(view) ?? view.item ?? NAMES[view.screen]} \u00b7 Daybook` : "Sign in \u00b7 Daybook";
  }, [state.phase, view]);

  switch (state.phase) {
    case "checking":
      return <main className="alone"><Waiting><Mark size={40} /></Waiting></main>;
    case "unreachable":
      return <Unreachable failure={state.failure} retryAt={state.retryAt} />;
    case "signed_out":
      return <SignIn because={state.because} />;
    case "signed_in":
      return <SignedIn session={state.session} wanted={view.project} />;
  }
}

/** A session is kept, and nobody says whether it still holds: it is asked again and again. */
function Unreachable({ failure, retryAt }: { failure: ApiFailure; retryAt: number }) {
  const now = useNow(1000);
  return (
    <main className="alone">
      <div className="alone-box">
        <Mark size={40} />
        <h1>{failure.away ? "Daybook cannot be reached" : "Daybook does not answer as it should"}</h1>
        <p className="quiet">{failure.away ? "Check that daybook serve is running and that this machine can reach it." : failure.message} Your session is kept: this page goes on where it was as soon as the server answers.</p>
        <button type="button" className="button button-main" onClick={resumeSession}><Icon name="retry" size={14} /> Try now</button>
        <p className="quieter number" aria-live="off">Trying again {retryAt > now ? `in ${Math.ceil((retryAt - now) / 1000)} s` : "now"}.{failure.correlationId && <> Request <code>{failure.correlationId}</code>.</>}</p>
      </div>
    </main>
  );
}

function SignedIn({ session, wanted }: { session: Session; wanted: string | null }) {
  const found = session.projects.find((candidate) => candidate.project_id === wanted);
  // An address that names a project is about that one: another's numbers under it would pass for its own.
  if (wanted !== null && !found && session.projects.length > 0) return <Refused session={session} wanted={wanted} />;
  const project: Project | undefined = found ?? session.projects[0];
  if (!project) {
    return (
      <main className="alone">
        <div className="alone-box">
          <Mark size={40} />
          <h1>No project yet</h1>
          <p className="quiet">{session.organisation.name} has no project that {session.member.email} may see. An owner or admin can create one or add you.</p>
          <button type="button" className="button" onClick={leave}>Sign out</button>
        </div>
      </main>
    );
  }
  return (
    <ScopeProvider session={session} project={project}>
      <Frame>
        <Boundary key={project.project_id}>{() => <Screen />}</Boundary>
      </Frame>
    </ScopeProvider>
  );
}

/** The address names a project that this member may not see, or that does not exist: which of the two is not told. */
function Refused({ session, wanted }: { session: Session; wanted: string }) {
  return (
    <main className="alone">
      <div className="alone-box">
        <Mark size={40} />
        <h1>You may not see this project</h1>
        <p className="quiet"><code className="alone-id">{wanted}</code> is no project of {session.organisation.name} that {session.member.email} may see. An owner or admin of the organisation that it belongs to can grant it.</p>
        <p>Yours {session.projects.length === 1 ? "is" : "are"}:</p>
        <ul className="alone-list">
          {session.projects.map((project) => <li key={project.project_id}><a href={printView({ ...DEFAULT_VIEW, project: project.project_id })}>{project.name}</a> <span className="quieter">{project.time_zone}</span></li>)}
        </ul>
        <button type="button" className="button" onClick={leave}>Sign out</button>
      </div>
    </main>
  );
}

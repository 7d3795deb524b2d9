import { Icon } from "../parts/Icon";
import { Menu } from "../parts/Menu";
import { Theme, prefer, usePreferences } from "../state/preferences";
import { useScope } from "../state/project";
import { leave } from "../state/session";
import { visible } from "../words/visible";
import { useHref } from "../state/useView";

const ENVIRONMENTS: Record<string, string> = {
  dev: "Development: synthetic load and failure injection are possible",
  stage: "Staging: what is about to be released",
  prod: "Production",
};

export function TopBar({ onHelp }: { onHelp: () => void }) {
  const { session } = useScope();
  return (
    <header className="top-bar">
      <ProjectSwitcher />
      <span className={`environment environment-${session.environment}`} title={ENVIRONMENTS[session.environment] ?? "Environment"}>{session.environment}</span>
      <span className="top-side">
        <button type="button" className="button button-plain button-icon wide-only" aria-label="Keyboard commands" title="Keyboard commands (?)" onClick={onHelp}><Icon name="help" /></button>
        <LooksMenu />
        <MemberMenu />
      </span>
    </header>
  );
}

function ProjectSwitcher() {
  const { session, project } = useScope();
  const href = useHref();
  return (
    <Menu label="Switch project" className="button button-plain project-button" button={<><bdi className="project-name">{visible(project.name)}</bdi><Icon name="down" size={14} /></>}>
      {(close) => (
        <>
          <p className="menu-head">{session.organisation.name}</p>
          {session.projects.map((candidate) => (
            <a key={candidate.project_id} className="menu-item" aria-current={candidate.project_id === project.project_id} onClick={close}
              href={href({ project: candidate.project_id, item: null, open: null, filters: {}, words: "" })}>
              <span><bdi>{visible(candidate.name)}</bdi><span className="menu-sub">{candidate.time_zone}{candidate.region ? ` · ${candidate.region}` : ""}</span></span>
              {candidate.project_id === project.project_id && <Icon name="check" size={14} />}
            </a>
          ))}
          <hr />
          <a className="menu-item" href={href({ screen: "settings", item: null, open: null })} onClick={close}><Icon name="plus" size={14} />New project</a>
        </>
      )}
    </Menu>
  );
}

const THEMES: { theme: Theme; says: string; icon: "screen" | "sun" | "moon" }[] = [
  { theme: "system", says: "As the system", icon: "screen" },
  { theme: "light", says: "Light", icon: "sun" },
  { theme: "dark", says: "Dark", icon: "moon" },
];

function LooksMenu() {
  const { theme, density } = usePreferences();
  const icon = THEMES.find((choice) => choice.theme === theme)?.icon ?? "screen";
  return (
    <Menu label="Looks" align="right" className="button button-plain button-icon" button={<Icon name={icon} />}>
      {() => (
        <>
          <p className="menu-head">Theme</p>
          {THEMES.map((choice) => (
            <button key={choice.theme} type="button" className="menu-item" aria-pressed={theme === choice.theme} onClick={() => prefer({ theme: choice.theme })}>
              <Icon name={choice.icon} size={14} />{choice.says}{theme === choice.theme && <Icon name="check" size={14} />}
            </button>
          ))}
          <p className="menu-head">Rows</p>
          {(["comfortable", "compact"] as const).map((choice) => (
            <button key={choice} type="button" className="menu-item" aria-pressed={density === choice} onClick={() => prefer({ density: choice })}>
              {choice === "compact" ? "Compact" : "Comfortable"}{density === choice && <Icon name="check" size={14} />}
            </button>
          ))}
        </>
      )}
    </Menu>
  );
}

function MemberMenu() {
  const { session } = useScope();
  return (
    <Menu label="Your account" align="right" className="button button-plain button-icon" button={<Icon name="person" />}>
      {() => (
        <>
          <p className="menu-head member-head"><strong>{session.member.email}</strong><br />{session.member.role} of {session.organisation.name}</p>
          <hr />
          <button type="button" className="menu-item" onClick={leave}><Icon name="out" size={14} />Sign out</button>
        </>
      )}
    </Menu>
  );
}

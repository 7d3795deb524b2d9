import { ReactNode } from "react";
import { useScope } from "../state/project";
import { useHref } from "../state/useView";
import { CopyButton } from "./Copy";

/** What would appear here, and the command that makes it appear. */
export function Empty({ title, children, command }: { title: string; children?: ReactNode; command?: string }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children}
      {command && <Snippet text={command} />}
    </div>
  );
}

/** A project that has received nothing: what to do to get data in. */
export function NothingYet({ title, children }: { title: string; children: ReactNode }) {
  const { project, session } = useScope();
  const href = useHref();
  return (
    <Empty title={title}>
      {children}
      <p>To send one attempt, with an API key from <a href={href({ screen: "settings", item: null, open: null })}>Settings</a>:</p>
      <Snippet text={submitCommand(project.project_id)} />
      {session.environment === "dev" && <><p>Or, to look around, a month of invented traffic (a key with the scope <code>admin</code>):</p><Snippet text={backfillCommand()} /></>}
    </Empty>
  );
}

export function Snippet({ text }: { text: string }) {
  return (
    <div className="snippet">
      <pre tabIndex={0} aria-label="Command">{text}</pre>
      <CopyButton text={text} label="Copy the command" />
    </div>
  );
}

/** The command that fills this project with simulated traffic. The key stays out of it: it is shown only once. */
export function simulateCommand(rate = 20): string {
  return `daybook simulate --url ${window.location.origin} \\\n  --api-key $DAYBOOK_API_KEY --rate ${rate} --duration 60s`;
}

/** The command that fills the last 30 days; servers outside of `dev` refuse it. */
export function backfillCommand(): string {
  return `daybook simulate --url ${window.location.origin} \\\n  --api-key $DAYBOOK_API_KEY --projects 1 --backfill 30d`;
}

export function submitCommand(projectId: string): string {
  return [
    `curl ${window.location.origin}/v1/projects/${projectId}/leads \\`,
    `  -H "Authorization: Bearer $DAYBOOK_API_KEY" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '{"user":{"email":"ana@example.com"},"source":"web_form",`,
    `       "channel":"organic","consent":true,`,
    `       "fields":{"state":"CA","loan_amount":320000}}'`,
  ].join("\n");
}

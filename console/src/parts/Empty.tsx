import { ReactNode } from "react";
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

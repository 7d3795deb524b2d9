import type { Report } from "../../api/reports";
import { saveFile } from "../../charts/export";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { addressOf } from "../../state/useView";
import { reportMarkdown, withoutMarks } from "../../words/ticket";
import { CopyButton } from "../Copy";
import { Icon } from "../Icon";
import { endOfReport } from "./AsOf";

/** The report as text, for a message or a file. */
export function TakeAway({ report, date, by }: { report: Report; date: string; by: string }) {
  const scope = useScope();
  const now = useNow(60_000);
  const { zone, project } = scope;
  const markdown = reportMarkdown(report, { date, project: project.name, by, countedUntil: endOfReport(report, date, zone) }, { zone, now, link: addressOf(scope) });
  return (
    <p className="report-take">
      <CopyButton text={withoutMarks(markdown)} label="Copy the report as plain text">Copy as text</CopyButton>
      <button type="button" className="button button-small" onClick={() => saveFile(`report-${date}-v${report.version}.md`, "text/markdown", markdown)}><Icon name="download" size={14} /> Download Markdown</button>
    </p>
  );
}

import { useState } from "react";
import { ApiFailure } from "../../api/failure";
import { ReportVersion, startReport } from "../../api/reports";
import { Empty } from "../../parts/Empty";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { JobProgress } from "../../parts/JobProgress";
import { useDated } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { AsOf } from "../../parts/report/AsOf";
import { ReportDiff } from "../../parts/report/ReportDiff";
import { ReportText, authorOf } from "../../parts/report/ReportText";
import { useActions } from "../../state/actions";
import { cache } from "../../state/cache";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { reportComparisonOf, reportOf, reportVersionsOf } from "../../state/questions";
import { useAnswer } from "../../state/useAnswer";
import { useJob } from "../../state/useJob";
import { go } from "../../state/useView";
import { percent } from "../../words/numbers";
import { datedMoment, moment } from "../../words/times";

const PURPOSE = "report";
const number = (text: string | undefined): number | null => (text !== undefined && /^\d+$/.test(text) ? Number(text) : null);

/** The report of the day: its versions, what differs between two, and a new one as a job that outlives a reload. */
export function ReportPanel({ date, closed }: { date: string; closed: boolean }) {
  const scope = useScope();
  const { project, view } = scope;
  const version = number(view.options.version);
  const against = number(view.options.against);
  const report = useAnswer(reportOf(scope, date, version));
  const written = report.data !== undefined && report.data !== null;
  const versions = useAnswer(written ? reportVersionsOf(scope, date) : null);
  const [refused, refuse] = useState<string | null>(null);
  const [starting, setStarting] = useState(false);
  const jobId = view.jobs[PURPOSE] ?? null;
  const setJob = (id: string | null, options = view.options) => {
    const { [PURPOSE]: _before, ...others } = view.jobs;
    go({ jobs: id === null ? others : { ...others, [PURPOSE]: id }, options }, { replace: true });
  };
  const outdate = () => {
    for (const family of [`report?${project.project_id}|${date}`, `report-versions?${project.project_id}|${date}`, `report-compare?${project.project_id}|${date}`, `days?${project.project_id}`]) cache.outdate(family);
  };
  const followed = useJob(project.project_id, jobId, (job) => {
    outdate();
    if (job.status === "succeeded") setJob(null, {});
  });
  const going = jobId !== null && (followed.job === null || followed.job.status === "queued" || followed.job.status === "running");
  const busy = going || starting;
  const write = () => {
    if (busy) return;
    refuse(null);
    setStarting(true);
    startReport(project.project_id, date, closed && written)
      .then((id) => setJob(id), (error: unknown) => refuse(error instanceof ApiFailure ? error.message : "The report could not be asked for."))
      .finally(() => setStarting(false));
  };
  useActions(report.data !== undefined && !busy ? [{ says: written ? (closed ? "Write a new version of the report" : "Write the report again") : "Write the report", run: write }] : []);
  const progress = (
    <>
      {jobId !== null && <div className="report-job"><JobProgress followed={followed} doing={written ? (closed ? "Writing a new version" : "Writing the report again") : "Writing the report"} onDismiss={going ? undefined : () => setJob(null)} /></div>}
      {refused && <p className="bad report-job" role="alert">{refused}</p>}
    </>
  );
  const newest = versions.data?.[0]?.version ?? report.data?.version ?? 1;
  const shown = report.data?.version ?? newest;
  return (
    <Panel title="Report" note={written ? <Versions versions={versions.data ?? []} shown={shown} newest={newest} against={against} /> : undefined} resource={report} skeleton={<TableBones rows={8} />}
      actions={written && against === null ? <button type="button" className="button button-small" disabled={busy} onClick={write}><Icon name="report" size={14} />{starting ? "Starting \u2026" : closed ? "Write a new version" : "Write again"}</button> : undefined}
      isEmpty={(data) => data === null}
      empty={<>{progress}<Empty title="No report of this day yet"><p>A language model on your own machine explains the day from its snapshot alone; it never sees rows. Without a model, Daybook writes a plain report itself.</p><button type="button" className="button button-main" disabled={busy} onClick={write}><Icon name="report" size={14} />{starting ? "Starting \u2026" : "Write the report"}</button></Empty></>}>
      {(data) => data && (
        <>
          {progress}
          {against === null && jobId === null && <AsOf report={data} date={date} />}
          {against !== null && against !== shown ? <Compared date={date} from={Math.min(against, shown)} to={Math.max(against, shown)} /> : <ReportText report={data} date={date} />}
        </>
      )}
    </Panel>
  );
}

/** Which version is shown, and with which it is compared. */
function Versions({ versions, shown, newest, against }: { versions: readonly ReportVersion[]; shown: number; newest: number; against: number | null }) {
  const { zone, view } = useScope();
  const dated = useDated();
  const now = useNow(60_000);
  if (versions.length < 2) return <>version {shown}</>;
  const choose = (options: { version?: string; against?: string }) => go({ options: { ...view.options, version: undefined, against: undefined, ...options } });
  const keep = shown === newest ? {} : { version: String(shown) };
  const words = (one: ReportVersion) => `${one.version}: ${(dated ? datedMoment : moment)(one.created_at, zone, now)}, ${authorOf(one)}${one.grounded_share === null ? "" : `, ${percent(one.grounded_share)} grounded`}`;
  const other = versions.find((one) => one.version < shown) ?? versions.find((one) => one.version !== shown);
  return (
    <span className="report-versions">
      <label>version <select className="select" value={shown} aria-label="Version of the report" onChange={(event) => choose(Number(event.target.value) === newest ? {} : { version: event.target.value })}>
        {versions.map((one) => <option key={one.version} value={one.version}>{words(one)}</option>)}
      </select></label>
      {against === null
        ? other && <button type="button" className="button button-plain button-small" onClick={() => choose({ ...keep, against: String(other.version) })}>Compare</button>
        : (
          <>
            <label>with <select className="select" value={against} aria-label="Version to compare with" onChange={(event) => choose({ ...keep, against: event.target.value })}>
              {versions.filter((one) => one.version !== shown).map((one) => <option key={one.version} value={one.version}>{words(one)}</option>)}
            </select></label>
            <button type="button" className="button button-plain button-small" onClick={() => choose(keep)}>Stop comparing</button>
          </>
        )}
    </span>
  );
}

function Compared({ date, from, to }: { date: string; from: number; to: number }) {
  const scope = useScope();
  const comparison = useAnswer(reportComparisonOf(scope, date, from, to));
  return <Panel className="report-compared" title={`From version ${from} to version ${to}`} resource={comparison} skeleton={<TableBones rows={8} />}>{(data) => <ReportDiff comparison={data} from={from} to={to} />}</Panel>;
}

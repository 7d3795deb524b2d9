import { useState } from "react";
import { DayInFull, verificationResultDecoder, verifyDay } from "../../api/days";
import { ApiFailure } from "../../api/failure";
import { CopyId } from "../../parts/Copy";
import { Verification } from "../../parts/day/Verification";
import { Empty } from "../../parts/Empty";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { JobProgress } from "../../parts/JobProgress";
import { Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { useActions } from "../../state/actions";
import { cache } from "../../state/cache";
import { useScope } from "../../state/project";
import { Resource } from "../../state/useAnswer";
import { useJob } from "../../state/useJob";
import { go } from "../../state/useView";
import { exact } from "../../words/numbers";
import type { Job } from "../../api/jobs";

const PURPOSE = "verify";

/** The day's seal, and whether it still holds: a check of all its rows, followed as it goes on. */
export function SealPanel({ day, date }: { day: Resource<DayInFull>; date: string }) {
  const { project, view } = useScope();
  const [refused, refuse] = useState<string | null>(null);
  const jobId = view.jobs[PURPOSE] ?? null;
  const followed = useJob(project.project_id, jobId, () => {
    cache.outdate(`day?${project.project_id}|${date}`);
    cache.outdate(`days?${project.project_id}`);
  });
  const going = jobId !== null && (followed.job === null || followed.job.status === "queued" || followed.job.status === "running");
  const follow = (id: string | null) => {
    const { [PURPOSE]: _before, ...others } = view.jobs;
    go({ jobs: id === null ? others : { ...others, [PURPOSE]: id } }, { replace: true });
  };
  const start = () => {
    refuse(null);
    verifyDay(project.project_id, date).then(follow, (error: unknown) => refuse(whyNot(error, date)));
  };
  const closed = day.data?.state === "closed" && day.data.seal !== null;
  useActions(closed && !going ? [{ says: "Verify this day", run: start }] : []);
  return (
    <Panel title="Seal" resource={day} skeleton={<TableBones rows={4} />}
      actions={closed ? <button type="button" className="button button-small" disabled={going} onClick={start}><Icon name="check" size={14} />{day.data?.verification?.status === "never" || !day.data?.verification ? "Verify" : "Verify again"}</button> : undefined}>
      {(data) => (
        <div className="seal">
          {jobId !== null && <JobProgress followed={followed} doing="Checking the day" succeeded={succeeded} onDismiss={going ? undefined : () => follow(null)} />}
          {refused && <p className="bad" role="alert">{refused}</p>}
          {jobId === null && <Known day={data} />}
          <SealFacts day={data} />
        </div>
      )}
    </Panel>
  );
}

/** A server that does not check days by itself has a command that does. */
function whyNot(error: unknown, date: string): string {
  if (!(error instanceof ApiFailure)) return "The check could not be started.";
  return error.kind === "not_found" ? `This server does not check days from the page. Beside it, daybook verify --date ${date} does the same check.` : error.message;
}

function succeeded(job: Job) {
  try {
    return <div><Verification result={verificationResultDecoder(job.result, "/result")} /></div>;
  } catch {
    return <span>The check has ended; its result could not be read.</span>;
  }
}

/** What the last check found. */
function Known({ day }: { day: DayInFull }) {
  const { verification, seal } = day;
  if (!seal) return null;
  if (!verification || verification.status === "never") return <p className="quiet">This day was never checked. Checking recomputes every row's hash, the Merkle root and the snapshot, and compares them with the seal.</p>;
  return (
    <div>
      <p className="quieter">Checked {verification.at !== null && <Moment at={verification.at} />}</p>
      {verification.result ? <Verification result={verification.result} /> : <p>{verification.status === "passed" ? <span className="mark-good"><Icon name="check" size={14} />Complete and unchanged</span> : <span className="mark-bad"><Icon name="warning" size={14} />This day does not hold</span>}</p>}
    </div>
  );
}

function SealFacts({ day }: { day: DayInFull }) {
  const { seal } = day;
  if (!seal) {
    return <Empty title={day.state === "closed" ? "This day has no seal" : "Not sealed yet"}><p>Closing the day commits to its rows with a Merkle root. From then on, anybody can check that none was changed or removed, here or with <code>daybook verify</code>.</p></Empty>;
  }
  return (
    <dl className="facts">
      <dt>Sealed</dt><dd><Moment at={seal.sealed_at} /></dd>
      <dt>Merkle root</dt><dd><CopyId id={seal.merkle_root} head={14} tail={8} /></dd>
      <dt>Rows</dt><dd className="number">{exact(seal.row_count)}{seal.first_sequence !== null && seal.last_sequence !== null && <span className="quieter"> no. {exact(seal.first_sequence)} to {exact(seal.last_sequence)}</span>}</dd>
      {seal.last_hash && <><dt>Last row's hash</dt><dd><CopyId id={seal.last_hash} head={14} tail={8} /></dd></>}
      {seal.signature && <><dt>Signature</dt><dd><CopyId id={seal.signature} head={14} tail={8} />{seal.key_id && <span className="quieter"> by key {seal.key_id}</span>}</dd></>}
      {day.snapshot_sha256 && <><dt>Snapshot</dt><dd><CopyId id={day.snapshot_sha256} head={14} tail={8} /></dd></>}
      <dt>Elsewhere</dt><dd><code>daybook verify --date {day.date}</code></dd>
    </dl>
  );
}

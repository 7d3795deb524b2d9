import { useState } from "react";
import type { Job } from "../../api/jobs";
import { resultOfImport } from "../../api/imports";
import { Empty } from "../../parts/Empty";
import { FileDrop } from "../../parts/FileDrop";
import { TableBones } from "../../parts/FunnelSteps";
import { JobMark } from "../../parts/JobMark";
import { Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { SettingsNav } from "../../parts/SubNav";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { jobsOf } from "../../state/settingsQuestions";
import { useAnswer } from "../../state/useAnswer";
import { useHref } from "../../state/useView";
import { jobLine, jobTitle } from "../../words/jobs";
import { exact } from "../../words/numbers";
import { ImportJob } from "./ImportJob";
import { Prepare } from "./Prepare";
import "./import.css";

/** How do I bring many at once in? */
export function Import({ jobId }: { jobId: string | null }) {
  const [file, choose] = useState<File | null>(null);
  return (
    <>
      <SettingsNav />
      <h1>Import</h1>
      {jobId !== null ? <ImportJob key={jobId} jobId={jobId} />
        : file !== null ? <Prepare key={`${file.name} ${file.size} ${file.lastModified}`} file={file} onOther={choose} />
          : (
            <>
              <p className="sentence">Each row of a CSV file becomes one submission, judged like any other: good rows go through whatever their neighbours are like.</p>
              <div className="stack screen-stack">
                <FileDrop accept=".csv,text/csv" title="Drop a CSV file here" hint="With a header row, in UTF-8, up to 256 MiB. Nothing is sent before you have seen what would be." onFile={choose} />
                <Earlier />
              </div>
            </>
          )}
    </>
  );
}

function Earlier() {
  const scope = useScope();
  const jobs = useAnswer(jobsOf(scope, "import", null), scope.view.live);
  return (
    <Panel title="Earlier imports" resource={jobs} skeleton={<TableBones rows={3} />} isEmpty={(data) => data.jobs.length === 0}
      empty={<Empty title="No import yet"><p>Each import stays here with what became of its rows, and with the rows that failed as a file to put right and send again.</p></Empty>}>
      {(data) => (
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Imports and what became of them">
          <table className="table imports-table">
            <thead><tr><th scope="col">File</th><th scope="col">State</th><th scope="col" className="right">Rows</th><th scope="col" className="right">Leads</th><th scope="col" className="right">Failed</th><th scope="col">Started</th></tr></thead>
            <tbody>{data.jobs.map((job) => <EarlierRow key={job.job_id} job={job} />)}</tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function EarlierRow({ job }: { job: Job }) {
  const href = useHref();
  const now = useNow(1000);
  const result = resultOfImport(job.result);
  const dash = <span className="quieter">{"\u2013"}</span>;
  return (
    <tr>
      <td className="imports-name"><a href={href({ item: `import/${job.job_id}`, open: null })}>{jobTitle(job)}</a></td>
      <td><JobMark status={job.status} />{(job.status === "running" || job.status === "queued") && <span className="quieter number"> {jobLine(job, now)}</span>}</td>
      <td className="right number">{result ? exact(result.rows) : dash}</td>
      <td className="right number">{result ? exact(result.leads) : dash}</td>
      <td className={`right number ${result && result.failures > 0 ? "bad" : ""}`}>{result ? exact(result.failures) : dash}</td>
      <td className="quiet"><Moment at={job.created_at} /></td>
    </tr>
  );
}

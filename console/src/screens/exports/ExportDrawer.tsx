import { useEffect } from "react";
import { Export, getExport } from "../../api/exports";
import { CopyButton, CopyId } from "../../parts/Copy";
import { Drawer } from "../../parts/Drawer";
import { DrawerTitle } from "../../parts/DrawerTitle";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { JobMark } from "../../parts/JobMark";
import { JobProgress } from "../../parts/JobProgress";
import { Moment } from "../../parts/Moment";
import { Failed, Waiting } from "../../parts/Panel";
import { Question, cache } from "../../state/cache";
import { Scope, useScope } from "../../state/project";
import { useAnswer } from "../../state/useAnswer";
import { useJob } from "../../state/useJob";
import { go } from "../../state/useView";
import { coverage, exportTitle } from "../../words/exports";
import { bytes, counted, exact } from "../../words/numbers";

const exportOf = (scope: Scope, jobId: string): Question<Export> => ({
  key: `export?${scope.project.project_id}|${jobId}`, freshForMs: 2_000, ask: (signal) => getExport(scope.project.project_id, jobId, signal),
});

/** One export: its files with their hashes, and what they answer. */
export function ExportDrawer({ jobId, known, onMove }: { jobId: string; known: Export | null; onMove: (by: number) => void }) {
  const scope = useScope();
  const question = exportOf(scope, jobId);
  const asked = useAnswer(question);
  const one = asked.data ?? known;
  const going = one?.job.status === "queued" || one?.job.status === "running";
  const followed = useJob(scope.project.project_id, going ? jobId : null, () => { cache.outdate(question.key); cache.outdate("exports?"); });
  useEffect(() => { if (known && asked.data && known.job.status !== asked.data.job.status) cache.again(question.key); }, [known, asked.data, question.key]);
  return (
    <Drawer label="Export" onClose={() => go({ open: null })} title={<DrawerTitle thing="export" onMove={onMove}>{one ? capital(exportTitle(one)) : "Export"}</DrawerTitle>}>
      {one ? (
        <>
          {going && <section><JobProgress followed={followed} doing={`Exporting ${exportTitle(one)}`} /></section>}
          {one.job.status === "failed" && <section><JobProgress followed={{ ...followed, job: one.job }} doing={`Exporting ${exportTitle(one)}`} /></section>}
          <Facts one={one} />
          <Files one={one} />
        </>
      ) : asked.failure ? <Failed failure={asked.failure} resource={asked} /> : <Waiting><TableBones rows={6} /></Waiting>}
    </Drawer>
  );
}

function Facts({ one }: { one: Export }) {
  const { zone, today } = useScope();
  return (
    <section>
      <dl className="facts">
        <dt>State</dt><dd><JobMark status={one.job.status} /></dd>
        <dt>Covers</dt><dd>{coverage(one.job.about, zone, today) || <span className="quieter">see the manifest</span>}</dd>
        <dt>Created</dt><dd><Moment at={one.job.created_at} seconds /></dd>
        {one.job.finished_at !== null && <><dt>Finished</dt><dd><Moment at={one.job.finished_at} seconds /></dd></>}
        {one.expires_at !== null && <><dt>{one.expires_at > Date.now() ? "Kept until" : "Deleted"}</dt><dd><Moment at={one.expires_at} /> <span className="quieter">the rows stay in the log; export them again at any time</span></dd></>}
        <dt>Job</dt><dd><CopyId id={one.job.job_id} head={12} tail={6} /></dd>
      </dl>
    </section>
  );
}

function Files({ one }: { one: Export }) {
  if (one.files.length === 0) return one.job.status === "succeeded" ? <section><p className="quiet">There are no files: nothing was in the range.</p></section> : null;
  const gone = one.expires_at !== null && one.expires_at <= Date.now();
  return (
    <section>
      <h3>{counted(one.files.length, "file")}</h3>
      <ul className="export-files">
        {one.files.map((file) => (
          <li key={file.name}>
            <p className="export-file">{gone ? <span className="quieter">{file.name}</span> : <a href={file.href} download={file.name}><Icon name="download" size={14} />{file.name}</a>}
              <span className="quiet number">{file.rows === null ? "" : `${exact(file.rows)} ${file.rows === 1 ? "row" : "rows"}, `}{bytes(file.bytes)}</span></p>
            <p className="export-hash"><span className="quieter">SHA-256</span> <code>{file.sha256}</code><CopyButton text={file.sha256} label={`Copy the hash of ${file.name}`} /></p>
          </li>
        ))}
      </ul>
      {one.manifest_href && !gone && <p className="export-manifest"><a href={one.manifest_href} download="manifest.json"><Icon name="report" size={14} />manifest.json</a> <span className="quieter">the question, the rows, the range and each hash; check with</span> <CopyButton text={checkCommand(one)} label="Copy the command">sha256sum</CopyButton></p>}
    </section>
  );
}

const checkCommand = (one: Export): string => `sha256sum -c <<'END'\n${one.files.map((file) => `${file.sha256}  ${file.name}`).join("\n")}\nEND`;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

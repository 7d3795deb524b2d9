import { ChartFrame } from "../charts/ChartFrame";
import { Bar } from "../charts/Sparkline";
import type { FunnelMetrics, FunnelStep } from "../api/analytics";
import { counted, duration, exact, percent, short } from "../words/numbers";
import { RowsWithin } from "./RowsLink";
import "./funnel.css";

/** The steps of the funnel from the first to the last: how many sessions reached each, and where most are lost. */
export function FunnelSteps({ funnel, times = false }: { funnel: FunnelMetrics; times?: boolean }) {
  const steps = [...funnel.steps].sort((one, other) => one.position - other.position);
  const first = Math.max(...steps.map((step) => step.sessions), 1);
  const worst = worstStep(steps);
  const unmeasured = steps.filter((step) => !isMeasured(step));
  return (
    <ChartFrame name="funnel" unit="sessions" table={() => asTable(steps)} legend={
      <span className="quiet">
        {worst && <>Most are lost before <b>{stepName(worst.step)}</b>: {percent(1 - (worst.conversion_from_previous ?? 0))} of those who came to the step before it.{" "}</>}
        {unmeasured.length > 0 && <>{unmeasured.length === 1 ? `${stepName(unmeasured[0]?.step ?? "")} sent` : `${unmeasured.length} steps sent`} no <code>funnel.step</code> event in this range, so nobody counted who came to {unmeasured.length === 1 ? "it" : "them"}.{" "}</>}
        <Totals totals={funnel.totals} />
      </span>
    }>
      <table className="table funnel">
        <thead>
          <tr>
            <th scope="col">Step</th><th scope="col" className="funnel-bar"><span className="unseen">Share of the first step</span></th>
            <th scope="col" className="right" title="A session that reached a step counts for every step before it">Sessions</th><th scope="col" className="right">Of step before</th><th scope="col" className="right funnel-first">Of first</th>
            {times && <><th scope="col" className="right funnel-first">p50</th><th scope="col" className="right funnel-first">p95</th></>}
          </tr>
        </thead>
        <tbody>
          {steps.map((step, index) => !isMeasured(step) ? (
            <tr key={step.step}>
              <th scope="row">{stepName(step.step)}</th>
              <td className="funnel-bar" />
              <td className="right quieter nowrap">not measured</td>
              <td />
              <td className="funnel-first" />
              {times && <><td className="funnel-first" /><td className="funnel-first" /></>}
            </tr>
          ) : (
            <tr key={step.step} className={step === worst ? "funnel-worst" : undefined}>
              <th scope="row">{stepName(step.step)}</th>
              <td className="funnel-bar"><Bar share={step.sessions / first} tone={step === worst ? "bad" : "plain"} /></td>
              <td className="right number" title={exact(step.sessions)}><Sessions step={step} totals={funnel.totals} /></td>
              <td className={`right number ${step === worst ? "bad" : ""}`}>{step.conversion_from_previous === null || !isMeasured(steps[index - 1]) ? <span className="quieter">{"\u2013"}</span> : percent(step.conversion_from_previous)}</td>
              <td className="right number funnel-first quiet">{step.conversion_from_first === null || !isMeasured(steps[0]) ? "\u2013" : percent(step.conversion_from_first)}</td>
              {times && <><td className="right number quiet funnel-first">{step.p50_ms === null ? "\u2013" : duration(step.p50_ms)}</td><td className="right number quiet funnel-first">{step.p95_ms === null ? "\u2013" : duration(step.p95_ms)}</td></>}
            </tr>
          ))}
        </tbody>
      </table>
    </ChartFrame>
  );
}

/** Sessions are no rows of the log: a session may submit twice, or never. The last steps lead to attempts where those are as many. */
function Sessions({ step, totals }: { step: FunnelStep; totals: FunnelMetrics["totals"] }) {
  if (step.step === "submitted" && step.sessions === totals.attempts) return <RowsWithin title={exact(step.sessions)}>{short(step.sessions)}</RowsWithin>;
  if (step.step === "accepted" && step.sessions === totals.leads) return <RowsWithin more={{ outcome: ["success"] }} title={exact(step.sessions)}>{short(step.sessions)}</RowsWithin>;
  return <>{short(step.sessions)}</>;
}

/** What came of them, which has rows. */
function Totals({ totals }: { totals: FunnelMetrics["totals"] }) {
  return (
    <>
      Submitted: <RowsWithin title={exact(totals.attempts)}>{counted(totals.attempts, "attempt")}</RowsWithin>, <RowsWithin more={{ outcome: ["success"] }} title={exact(totals.leads)}>{counted(totals.leads, "lead")}</RowsWithin>, <RowsWithin more={{ outcome: ["failure"] }} title={exact(totals.failures)}>{counted(totals.failures, "failure")}</RowsWithin>.
    </>
  );
}

/** Whether the step counted its own sessions; else all that is said of it is that later steps were reached. */
export function isMeasured(step: FunnelStep | undefined): boolean {
  return step !== undefined && (step.events !== 0 || step.sessions === 0);
}

/** The step before which the largest share is lost; none when every step keeps nearly all, or counts are tiny. */
export function worstStep(steps: readonly FunnelStep[]): FunnelStep | null {
  let worst: FunnelStep | null = null;
  for (const [index, step] of steps.entries()) {
    if (!isMeasured(step) || !isMeasured(steps[index - 1])) continue;
    if (step.conversion_from_previous === null || step.conversion_from_previous >= 0.9) continue;
    if (!worst || step.conversion_from_previous < (worst.conversion_from_previous ?? 1)) worst = step;
  }
  return worst;
}

export function stepName(step: string): string {
  const words = step.replace(/_/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function asTable(steps: readonly FunnelStep[]) {
  return {
    columns: ["Step", "Sessions", "Share of step before", "Share of first", "p50 (ms)", "p95 (ms)"],
    rows: steps.map((step) => (isMeasured(step) ? [step.step, step.sessions, step.conversion_from_previous, step.conversion_from_first, step.p50_ms, step.p95_ms] : [step.step, null, null, null, null, null])),
  };
}

export function TableBones({ rows = 6 }: { rows?: number }) {
  return <div className="table-bones">{Array.from({ length: rows }, (_, index) => <span className="bone" key={index} />)}</div>;
}

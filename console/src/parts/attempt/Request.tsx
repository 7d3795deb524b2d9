import type { AttemptDetail } from "../../api/attempts";
import { bytes } from "../../words/numbers";
import { CopyId } from "../Copy";
import { Context } from "./Context";
import { restOf } from "./understood";
import "./attempt.css";

/** How the submission came in, and what else was recorded with it. */
export function Request({ detail }: { detail: AttemptDetail }) {
  const { request, attempt } = detail;
  if (!request) return <Context context={restOf(attempt.context)} />;
  const { request: _shown, ...rest } = restOf(attempt.context);
  return (
    <>
      <dl className="facts">
        {request.endpoint && <><dt>Way in</dt><dd>{request.endpoint.replace(/_/g, " ")}</dd></>}
        {request.submitter && <><dt>Submitted by</dt><dd><CopyId id={request.submitter} /></dd></>}
        {request.user_agent && <><dt>Client</dt><dd>{request.user_agent}</dd></>}
        {request.address_hash && <><dt>Address</dt><dd><CopyId id={request.address_hash} head={8} tail={4} /> <span className="quieter">its hash</span></dd></>}
        {request.body_bytes !== null && <><dt>Body</dt><dd className="number">{bytes(request.body_bytes)}</dd></>}
        {request.correlation_id && <><dt>Request id</dt><dd><CopyId id={request.correlation_id} /></dd></>}
        {request.trace_id && <><dt>Trace</dt><dd><CopyId id={request.trace_id} /></dd></>}
      </dl>
      {Object.keys(rest).length > 0 && <div className="attempt-context"><Context context={rest} /></div>}
    </>
  );
}

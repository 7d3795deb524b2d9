/**
 * A panel shows one answer, in every state that it may be in: waiting, there, empty, partly there, old, failed, not
 * permitted, not understood. Each panel is alone: what happens in one leaves the others as they are.
 */
import { Component, ReactNode, useEffect, useId, useState } from "react";
import { ApiFailure } from "../api/failure";
import { RETRIES_MAX } from "../state/cache";
import { useNow } from "../state/now";
import { useScope } from "../state/project";
import { Resource } from "../state/useAnswer";
import { useAway } from "../state/useReach";
import { missingWords } from "../words/missing";
import { clockSeconds } from "../words/times";
import { CopyButton } from "./Copy";
import { Icon } from "./Icon";
import "./panel.css";

const SKELETON_AFTER_MS = 150;

interface PanelProps<T> {
  title: ReactNode;
  /** Beside the title, quieter: what the numbers cover. */
  note?: ReactNode;
  actions?: ReactNode;
  resource: Resource<T>;
  skeleton: ReactNode;
  isEmpty?: (data: T) => boolean;
  empty?: ReactNode;
  children: (data: T) => ReactNode;
  className?: string;
}

export function Panel<T>(props: PanelProps<T>) {
  const id = useId();
  const { resource } = props;
  const missing = partOf(resource.data);
  return (
    <section className={`panel ${props.className ?? ""}`} aria-labelledby={id} aria-busy={resource.asking}>
      <header className="panel-head">
        <h2 id={id}>{props.title}</h2>
        {props.note !== undefined && <span className="panel-note">{props.note}</span>}
        <span className="panel-side">
          <Staleness resource={resource} />
          {resource.data !== undefined && props.actions}
        </span>
      </header>
      {missing && <p className="panel-partial"><Icon name="warning" size={14} /> {missing}</p>}
      <div className="panel-body">
        <Body {...props} />
      </div>
    </section>
  );
}

function Body<T>({ resource, skeleton, isEmpty, empty, children }: PanelProps<T>) {
  const { data, failure } = resource;
  if (data !== undefined) {
    if (empty !== undefined && isEmpty?.(data)) return <>{empty}</>;
    return <Boundary version={resource.arrivedAt}>{() => children(data)}</Boundary>;
  }
  if (failure) return <Failed failure={failure} resource={resource} />;
  return <Waiting>{skeleton}</Waiting>;
}

/** The skeleton comes only when the wait is long enough to be noticed; the room is kept from the beginning. */
export function Waiting({ children }: { children: ReactNode }) {
  const [shown, show] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => show(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={shown ? "waiting" : "waiting waiting-unseen"}>
      <span className="unseen" role="status">{shown ? "Loading" : ""}</span>
      <div aria-hidden="true">{children}</div>
    </div>
  );
}

/** Shown beside the title when the data is older than it should be. */
export function Staleness<T>({ resource }: { resource: Resource<T> }) {
  const { zone } = useScope();
  const { data, failure, arrivedAt, retryAt, asking } = resource;
  const now = useNow(1000);
  if (data === undefined || !failure || arrivedAt === null) return null;
  const what = asking
    ? "asking again"
    : retryAt !== null
      ? `retrying in ${Math.max(1, Math.ceil((retryAt - now) / 1000))} s`
      : "not retrying by itself";
  return (
    <span className="stale" role="status" title={`${failure.message}${failure.correlationId ? ` Request ${failure.correlationId}.` : ""}`}>
      <Icon name="clock" size={14} /> as of {clockSeconds(arrivedAt, zone)}, <span aria-live="off">{what}</span>
      {retryAt === null && !asking && (
        <button type="button" className="button button-plain button-small" onClick={resource.again}>Retry</button>
      )}
    </span>
  );
}

export function Failed({ failure, resource }: { failure: ApiFailure; resource: Pick<Resource<unknown>, "again" | "retryAt" | "asking" | "failedTries"> }) {
  const now = useNow(1000);
  const said = words(failure);
  // The bar says that the server is away, and what to look at: one voice for the whole page.
  const barSays = useAway() && failure.away;
  return (
    <div className={`notice ${barSays ? "notice-short" : ""}`} role={barSays ? undefined : failure.passing ? "status" : "alert"}>
      <Icon name={failure.kind === "forbidden" ? "lock" : "warning"} />
      <div>
        <p><strong>{barSays ? "Waiting for the server" : said.title}</strong></p>
        {!barSays && <p className="quiet">{said.detail}</p>}
        {failure.correlationId && (
          <p className="notice-id">
            Request <code>{failure.correlationId}</code> <CopyButton text={failure.correlationId} label="Copy the request id" />
          </p>
        )}
        <p className="notice-actions">
          {said.reload
            ? <button type="button" className="button button-small" onClick={() => window.location.reload()}>Reload</button>
            : <button type="button" className="button button-small" disabled={resource.asking} onClick={resource.again}><Icon name="retry" size={14} /> Retry</button>}
          {resource.asking && <span className="quieter">Asking again</span>}
          {resource.retryAt !== null && (
            <span className="quieter" aria-live="off">
              {failure.away ? "Trying again in" : `Try ${resource.failedTries} of ${RETRIES_MAX + 1} failed; next in`} {Math.max(1, Math.ceil((resource.retryAt - now) / 1000))} s
            </span>
          )}
        </p>
      </div>
    </div>
  );
}

function words(failure: ApiFailure): { title: string; detail: string; reload?: boolean } {
  switch (failure.kind) {
    case "unreachable":
      return { title: "The server cannot be reached", detail: "Check that daybook serve is running and that this machine can reach it." };
    case "timeout":
      return { title: "No answer in time", detail: `${failure.message} A shorter time range is quicker to answer.` };
    case "forbidden":
      return { title: "You may not see this", detail: `${failure.message} An owner or admin of the organisation can grant it.` };
    case "incompatible":
      return { title: "This page and the server do not match", detail: `${failure.message} Reloading fetches the page that belongs to the server.`, reload: true };
    case "limited":
      return { title: "Too many questions at once", detail: failure.message };
    case "not_found":
      return { title: "Not found", detail: failure.message };
    default:
      return { title: "This could not be loaded", detail: failure.message };
  }
}

function partOf(data: unknown): string | null {
  if (typeof data !== "object" || data === null || !("partial" in data)) return null;
  const { partial, missing } = data as { partial: boolean; missing: string[] };
  return missingWords(partial, missing);
}

/** A mistake of ours in one panel stays in that panel. New data (another `version`) gets a new chance. */
export class Boundary extends Component<{ version?: unknown; children: () => ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidUpdate(before: { version?: unknown }) {
    if (this.state.error && before.version !== this.props.version) this.setState({ error: null });
  }

  override render() {
    const { error } = this.state;
    if (!error) return <Deferred render={this.props.children} />;
    return (
      <div className="notice" role="alert">
        <Icon name="warning" />
        <div>
          <p><strong>This panel cannot show what it received</strong></p>
          <p className="quiet">{error.message}</p>
          <p className="notice-actions">
            <button type="button" className="button button-small" onClick={() => this.setState({ error: null })}>Try again</button>
          </p>
        </div>
      </div>
    );
  }
}

/** Calls the function inside of a component of its own, so that the boundary above it catches what it throws. */
function Deferred({ render }: { render: () => ReactNode }) {
  return <>{render()}</>;
}

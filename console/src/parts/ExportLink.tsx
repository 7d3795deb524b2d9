import { useHref } from "../state/useView";
import { Icon } from "./Icon";

/** Takes the range and filters of the present view along to a new export. */
export function ExportLink() {
  const href = useHref();
  return <a className="button button-plain button-small" href={href({ screen: "settings", item: "exports", open: null })} title="Export the rows of this view as files"><Icon name="download" size={14} />Export<span className="unseen"> this view</span></a>;
}

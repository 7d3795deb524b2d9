import { Snippet } from "../../parts/Empty";
import { useScope } from "../../state/project";
import { useHref } from "../../state/useView";
import { apiSamples } from "./snippets";

/** How a server sends to this source: commands that work as they are. */
export function ApiSide({ source }: { source: string }) {
  const { project } = useScope();
  const href = useHref();
  return (
    <div className="stack">
      <p className="quiet api-lead">With a key that may <code>ingest</code>, from <a href={href({ item: null, open: null })}>Project and keys</a>, in <code>DAYBOOK_API_KEY</code>. Keys belong on servers; for a web page use the form, which needs none.</p>
      <div className="api-samples">
        {apiSamples(window.location.origin, project.project_id, source).map((sample) => (
          <section className="panel" key={sample.title} aria-label={sample.title}>
            <header className="panel-head"><h2>{sample.title}</h2></header>
            <p className="quiet api-says">{sample.says}</p>
            <Snippet text={sample.text} />
          </section>
        ))}
      </div>
    </div>
  );
}

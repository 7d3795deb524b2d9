import { useState } from "react";
import type { Facet } from "../../api/analytics";
import { Bar } from "../../charts/Sparkline";
import { TableBones } from "../../parts/FunnelSteps";
import { Icon } from "../../parts/Icon";
import { Panel } from "../../parts/Panel";
import { useScope } from "../../state/project";
import { facetsOf } from "../../state/questions";
import { useAnswer } from "../../state/useAnswer";
import { FilterField } from "../../state/view";
import { go } from "../../state/useView";
import { exact, short } from "../../words/numbers";
import { visible as readable } from "../../words/visible";

const FIELDS: { field: string; filter: FilterField; name: string }[] = [
  { field: "outcome", filter: "outcome", name: "Outcome" },
  { field: "source", filter: "source", name: "Source" },
  { field: "channel", filter: "channel", name: "Channel" },
  { field: "error_category", filter: "category", name: "Failure category" },
  { field: "error_code", filter: "code", name: "Code" },
];
const VALUES_SHOWN = 6;

/** The values to narrow the list down by, with how often each occurs under the filters in force. */
export function Facets() {
  const scope = useScope();
  const facets = useAnswer(facetsOf(scope), scope.live);
  const [shown, show] = useState(false);
  return (
    <div className={`facets ${shown ? "facets-open" : ""}`}>
      <button type="button" className="button facets-toggle" aria-expanded={shown} onClick={() => show(!shown)}><Icon name="filter" size={14} /> Narrow down</button>
      <Panel title="Narrow down" note={scope.view.words ? "counted without the words" : undefined} className="facets-panel" resource={facets} skeleton={<TableBones rows={12} />}
        isEmpty={(data) => data.facets.every((facet) => facet.values.every((value) => !value.value)) && Object.keys(scope.view.filters).length === 0} empty={<p className="quieter">Values appear here with their counts once there are attempts.</p>}>
        {(data) => (
          <div className="facet-groups">
            {FIELDS.map(({ field, filter, name }) => {
              const facet = data.facets.find((candidate) => candidate.field === field);
              return facet && (facet.values.some((value) => value.value) || (scope.view.filters[filter] ?? []).length > 0) ? <FacetGroup key={field} facet={facet} filter={filter} name={name} /> : null;
            })}
          </div>
        )}
      </Panel>
    </div>
  );
}

function FacetGroup({ facet, filter, name }: { facet: Facet; filter: FilterField; name: string }) {
  const { view } = useScope();
  const [all, showAll] = useState(false);
  const chosen = view.filters[filter] ?? [];
  const known = facet.values.flatMap((value) => (value.value ? [{ value: value.value, count: value.count }] : []));
  const missing = chosen.filter((value) => !known.some((other) => other.value === value)).map((value) => ({ value, count: 0 }));
  const values = [...known, ...missing];
  const most = Math.max(...values.map((value) => value.count), 1);
  const visible = all ? values : values.filter((value, index) => index < VALUES_SHOWN || chosen.includes(value.value));
  const toggle = (value: string) => {
    const next = chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value];
    go({ filters: { ...view.filters, [filter]: next }, open: null });
  };
  return (
    <fieldset className="facet">
      <legend>{name}</legend>
      {visible.map((value) => (
        <label key={value.value} className="facet-value" title={`${readable(value.value)}: ${exact(value.count)}`}>
          <input type="checkbox" checked={chosen.includes(value.value)} onChange={() => toggle(value.value)} />
          <bdi className="facet-name">{readable(value.value)}</bdi>
          <span className="number quieter">{short(value.count)}</span>
          <Bar share={value.count / most} />
        </label>
      ))}
      {values.length > visible.length && <button type="button" className="button button-plain button-small" onClick={() => showAll(true)}>{values.length - visible.length} more</button>}
      {facet.other_count > 0 && <p className="quieter facet-other">and {short(facet.other_count)} with other values</p>}
    </fieldset>
  );
}

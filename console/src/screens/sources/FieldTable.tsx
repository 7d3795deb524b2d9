import { KeyboardEvent, ReactNode, useRef, useState } from "react";
import { FIELD_TYPES, FieldType } from "../../api/schemas";
import { Icon } from "../../parts/Icon";
import { TYPE_WORDS } from "../../words/fields";
import { DraftField, DraftMember, FIELDS_MAX, Problems, RULES, Rules, emptyField, inserted, moved } from "./draft";

interface FieldTableProps {
  rows: readonly DraftField[];
  problems: Problems;
  onRows: (rows: DraftField[]) => void;
}

/**
 * The fields as a table to type in. With the keyboard: Alt and an arrow moves the row, Alt Enter adds one below, Alt Delete
 * removes it; Enter in the last row adds the next.
 */
export function FieldTable({ rows, problems, onRows }: FieldTableProps) {
  const table = useRef<HTMLTableElement>(null);
  const [said, say] = useState("");
  const focus = (key: number, member: string) => requestAnimationFrame(() => table.current?.querySelector<HTMLElement>(`[data-cell="${key}/${member}"]`)?.focus());
  const add = (at: number) => {
    if (rows.length >= FIELDS_MAX) return say(`At most ${FIELDS_MAX} fields.`);
    const field = emptyField();
    onRows(inserted(rows, at, field));
    say(`Field ${at + 1} added.`);
    focus(field.key, "name");
  };
  const remove = (index: number) => {
    const rest = rows.filter((_, other) => other !== index);
    onRows(rest);
    say(`${rows[index]?.name || "The field"} removed.`);
    const near = rest[Math.min(index, rest.length - 1)];
    if (near) focus(near.key, "name");
  };
  const move = (index: number, by: -1 | 1, member: string) => {
    const row = rows[index];
    if (!row || index + by < 0 || index + by >= rows.length) return;
    onRows(moved(rows, index, by));
    say(`${row.name || "The field"} is now number ${index + by + 1} of ${rows.length}.`);
    focus(row.key, member);
  };
  const onKey = (event: KeyboardEvent<HTMLTableRowElement>, index: number) => {
    const cell = (event.target as HTMLElement).dataset["cell"]?.split("/")[1] ?? "name";
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) move(index, event.key === "ArrowUp" ? -1 : 1, cell);
    else if (event.altKey && event.key === "Enter") add(index + 1);
    else if (event.altKey && (event.key === "Delete" || event.key === "Backspace")) remove(index);
    else if (event.key === "Enter" && event.target instanceof HTMLInputElement && event.target.type !== "checkbox") {
      const below = rows[index + 1];
      if (below) focus(below.key, cell);
      else add(rows.length);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const change = (index: number, part: Partial<DraftField>) => onRows(rows.map((row, other) => (other === index ? { ...row, ...part } : row)));
  return (
    <div className="field-editor">
      <div className="table-scroll" tabIndex={0} role="region" aria-label="Fields of the schema">
        <table className="table editor" ref={table}>
          <thead>
            <tr>
              <th scope="col">Name</th><th scope="col">Type</th><th scope="col">Required</th><th scope="col">Length</th><th scope="col">Pattern</th><th scope="col">Range</th><th scope="col">Values</th><th scope="col">Description</th><th scope="col"><span className="unseen">Move and remove</span></th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={row.key} onKeyDown={(event) => onKey(event, index)}>
                <td className="editor-name"><Cell of={row} index={index} member="name" label="Name" problems={problems} change={change} placeholder="loan_amount" code /></td>
                <td className="editor-type">
                  <select className="input" aria-label={`Type of ${row.name || `field ${index + 1}`}`} data-cell={`${row.key}/type`} value={row.type} onChange={(event) => change(index, { type: event.target.value as FieldType })}>
                    {FIELD_TYPES.map((type) => <option key={type} value={type}>{TYPE_WORDS[type]}</option>)}
                  </select>
                  <Problem text={problems[`${index}/type`]} />
                </td>
                <td className="editor-required"><label><input type="checkbox" data-cell={`${row.key}/required`} checked={row.required} aria-label={`${row.name || `Field ${index + 1}`} is required`} onChange={() => change(index, { required: !row.required })} /><span className="editor-label">Required</span></label></td>
                <Ruled row={row} rules="length" name="Length">
                  <span className="editor-pair">
                    <Cell of={row} index={index} member="min_length" label="Shortest" problems={problems} change={change} placeholder="0" digits />
                    <span className="quieter" aria-hidden="true">{"\u2013"}</span>
                    <Cell of={row} index={index} member="max_length" label="Longest" problems={problems} change={change} placeholder="any" digits />
                  </span>
                </Ruled>
                <Ruled row={row} rules="length" name="Pattern"><Cell of={row} index={index} member="pattern" label="Pattern" problems={problems} change={change} placeholder="^[A-Z]{2}$" code /></Ruled>
                <Ruled row={row} rules="range" name="Range">
                  <span className="editor-pair">
                    <Cell of={row} index={index} member="min" label="Least" problems={problems} change={change} placeholder="any" digits />
                    <span className="quieter" aria-hidden="true">{"\u2013"}</span>
                    <Cell of={row} index={index} member="max" label="Most" problems={problems} change={change} placeholder="any" digits />
                  </span>
                </Ruled>
                <Ruled row={row} rules="values" name="Values"><Cell of={row} index={index} member="values" label="Values" problems={problems} change={change} placeholder="15, 20, 30" /></Ruled>
                <td className="editor-description"><span className="editor-label" aria-hidden="true">Description</span><Cell of={row} index={index} member="description" label="Description" problems={problems} change={change} placeholder="For people" /></td>
                <td className="editor-tools">
                  <span>
                    <button type="button" className="button button-plain button-icon button-small" disabled={index === 0} aria-label={`Move ${row.name || "the field"} up`} title="Move up (Alt \u2191)" onClick={() => move(index, -1, "name")}><Icon name="up" size={14} /></button>
                    <button type="button" className="button button-plain button-icon button-small" disabled={index === rows.length - 1} aria-label={`Move ${row.name || "the field"} down`} title="Move down (Alt \u2193)" onClick={() => move(index, 1, "name")}><Icon name="down" size={14} /></button>
                    <button type="button" className="button button-plain button-icon button-small" aria-label={`Remove ${row.name || "the field"}`} title="Remove (Alt Delete)" onClick={() => remove(index)}><Icon name="trash" size={14} /></button>
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="editor-foot">
        <button type="button" className="button button-small" onClick={() => add(rows.length)}><Icon name="plus" size={14} />Add a field</button>
        <span className="quieter wide-only">Alt {"\u2191"} {"\u2193"} moves a row, Alt Enter adds one below, Alt Delete removes it.</span>
        <span className="unseen" role="status">{said}</span>
      </p>
    </div>
  );
}

/** A cell for rules that the type of the row can have; otherwise a dash. */
function Ruled({ row, rules, name, children }: { row: DraftField; rules: Rules; name: string; children: ReactNode }) {
  if (!RULES[row.type].includes(rules)) return <td className={`editor-${name.toLowerCase()} editor-none`}><span className="quieter" aria-label={`${name}: not for this type`}>{"\u2013"}</span></td>;
  return <td className={`editor-${name.toLowerCase()}`}><span className="editor-label" aria-hidden="true">{name}</span>{children}</td>;
}

interface CellProps {
  of: DraftField;
  index: number;
  member: Exclude<DraftMember, "type" | "required">;
  label: string;
  problems: Problems;
  change: (index: number, part: Partial<DraftField>) => void;
  placeholder: string;
  code?: boolean;
  digits?: boolean;
}

function Cell({ of, index, member, label, problems, change, placeholder, code = false, digits = false }: CellProps) {
  const problem = problems[`${index}/${member}`];
  const id = `cell-${of.key}-${member}`;
  return (
    <span className="editor-cell">
      <input className={`input ${code ? "mono" : ""} ${digits ? "number" : ""}`} data-cell={`${of.key}/${member}`} aria-label={`${label} of ${of.name || `field ${index + 1}`}`} aria-invalid={problem ? true : undefined} aria-describedby={problem ? id : undefined}
        value={of[member]} placeholder={placeholder} spellCheck={false} autoComplete="off" {...(digits ? { inputMode: "decimal" as const } : {})} onChange={(event) => change(index, { [member]: event.target.value })} />
      <Problem id={id} text={problem} />
    </span>
  );
}

function Problem({ id, text }: { id?: string; text: string | undefined }) {
  return text ? <span className="form-error" id={id}><Icon name="warning" size={12} />{text}</span> : null;
}

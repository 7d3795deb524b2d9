import { FormEvent, useState } from "react";
import { Icon } from "../parts/Icon";
import { Menu } from "../parts/Menu";
import { useNow } from "../state/now";
import { useScope } from "../state/project";
import { PRESET_WORDS, rangeWords, shifted, spanOf } from "../state/range";
import { useAway } from "../state/useReach";
import { followed, showsFilters } from "../state/narrowing";
import { printTerms, termsOfWords } from "../state/search";
import { FILTER_FIELDS, FilterField, RANGE_PRESETS, RangeChoice, ScreenName, hasFilters } from "../state/view";
import { go } from "../state/useView";
import { visible } from "../words/visible";
import { placeHasRange, placeShown } from "./places";
import { MINUTE, addDays, clockSeconds, dateOf, dayWords, isDate, startOf } from "../words/times";

/** These screens are about something else than a span of time. */
const WITHOUT_RANGE: ScreenName[] = ["days", "trends", "system", "settings", "parts", "missing"];
const WITHOUT_RANGE_WORDS: Partial<Record<ScreenName, string>> = { days: "Days by date", trends: "Months, with the day that is still open", system: "The server as it is now", settings: "Organisation and project", parts: "Every part in all its states", missing: "No screen" };

/** Time range, filters and live switch: the same on every screen. */
export function ScopeBar() {
  const { view } = useScope();
  const one = view.screen === "attempts" && view.item !== null;
  const place = placeShown(view);
  const ranged = !one && (placeHasRange(view) || !WITHOUT_RANGE.includes(view.screen));
  return (
    <section className="scope-bar" aria-label="Time range and filters">
      {ranged ? <><RangeControl /><FilterChips /></> : <span className="quieter">{one ? "One attempt" : place?.says ?? WITHOUT_RANGE_WORDS[view.screen]}</span>}
      {!ranged && !one && !place && showsFilters(view) && <FilterChips />}
      {view.screen !== "settings" && <LiveSwitch ranged={ranged} />}
      <Away />
    </section>
  );
}

/** One for all panels: each of them is asked again as soon as one answer arrives. */
function Away() {
  const away = useAway();
  return <p className={away ? "away" : "unseen"} role="status">{away && <><Icon name="warning" size={14} />The server cannot be reached; trying again. What is shown is as of before. Check that daybook serve is running and that this machine can reach it.</>}</p>;
}

function RangeControl() {
  const { view, zone } = useScope();
  const now = useNow(60_000);
  const before = shifted(view.range, -1, zone, now);
  const after = shifted(view.range, 1, zone, now);
  const move = (range: RangeChoice | null) => range && go({ range, open: null });
  return (
    <div className="range">
      <button type="button" className="button button-icon range-step" disabled={!before} onClick={() => move(before)} aria-label="Previous period" title="Previous period ([)"><Icon name="left" size={14} /></button>
      <Menu label="Choose the time range" className="button range-button" button={<><Icon name="days" size={14} />{rangeWords(view.range, zone, now)}<Icon name="down" size={12} /></>}>
        {(close) => (
          <>
            {RANGE_PRESETS.map((preset) => {
              const here = view.range.kind === "preset" && view.range.preset === preset;
              return (
                <button key={preset} type="button" className="menu-item" aria-pressed={here} onClick={() => { go({ range: { kind: "preset", preset }, open: null }); close(); }}>
                  {PRESET_WORDS[preset]}{here && <Icon name="check" size={14} />}
                </button>
              );
            })}
            <hr />
            <SpanForm onDone={close} />
          </>
        )}
      </Menu>
      <button type="button" className="button button-icon range-step" disabled={!after} onClick={() => move(after)} aria-label="Next period" title="Next period (])"><Icon name="right" size={14} /></button>
    </div>
  );
}

function SpanForm({ onDone }: { onDone: () => void }) {
  const { view, zone, today } = useScope();
  const span = spanOf(view.range, zone, Date.now());
  const [from, setFrom] = useState(dateOf(span.from, zone));
  const [to, setTo] = useState(() => { const last = dateOf(span.to - 1, zone); return last > today ? today : last; });
  const good = isDate(from) && isDate(to) && from <= to && from <= today;
  const use = (event: FormEvent) => {
    event.preventDefault();
    if (!good) return;
    const range: RangeChoice = from === to ? { kind: "date", date: from } : { kind: "span", from: startOf(from, zone), to: startOf(addDays(to, 1), zone) };
    go({ range, open: null });
    onDone();
  };
  return (
    <form onSubmit={use}>
      <label className="field"><span>From</span><input className="input" type="date" value={from} max={today} onChange={(event) => setFrom(event.target.value)} /></label>
      <label className="field"><span>To, with that day</span><input className="input" type="date" value={to} max={today} onChange={(event) => setTo(event.target.value)} /></label>
      <p className="quieter">Days in {zone}</p>
      <button type="submit" className="button button-main" disabled={!good}>Show these days</button>
    </form>
  );
}

function FilterChips() {
  const { view } = useScope();
  if (!hasFilters(view)) return null;
  const terms = termsOfWords(view.words);
  const without = (field: FilterField, value: string) =>
    go({ filters: { ...view.filters, [field]: (view.filters[field] ?? []).filter((other) => other !== value) }, open: null });
  return (
    <ul className="chips" aria-label="Filters">
      {FILTER_FIELDS.flatMap((field) => (view.filters[field] ?? []).map((value) => (
        <li key={`${field}:${value}`}>
          <button type="button" className={followed(view, field) ? "chip" : "chip chip-ignored"} onClick={() => without(field, value)} title={`Remove the filter ${field} = ${visible(value)}${followed(view, field) ? "" : ", which is not applied here"}`}>
            <span className="quieter">{field}</span> <bdi className="chip-value">{visible(value)}</bdi>{!followed(view, field) && <Ignored />} <Icon name="close" size={12} /><span className="unseen">remove</span>
          </button>
        </li>
      )))}
      {terms.map((term, index) => (
        <li key={`${term.field} ${term.value}`}>
          <button type="button" className={followed(view, "words") ? "chip" : "chip chip-ignored"} onClick={() => go({ words: printTerms(terms.filter((_, other) => other !== index)), open: null })} title={`Remove ${term.field ?? "the words"}${followed(view, "words") ? "" : ", which are not applied here"}`}>
            <span className="quieter">{term.field ?? "words"}</span> <bdi className="chip-value">{visible(term.value)}</bdi>{!followed(view, "words") && <Ignored />} <Icon name="close" size={12} /><span className="unseen">remove</span>
          </button>
        </li>
      ))}
      <li><button type="button" className="button button-plain button-small" onClick={() => go({ filters: {}, words: "", open: null })}>Clear</button></li>
    </ul>
  );
}

/** No number on this screen follows the filter; it is kept for the screens that do. */
function Ignored() {
  return <em className="chip-says">not applied here</em>;
}

function LiveSwitch({ ranged }: { ranged: boolean }) {
  const { view, span, zone, today } = useScope();
  const now = useNow(1000);
  const possible = !ranged || span.to > now - MINUTE;
  const on = view.live && possible;
  const away = useAway();
  return (
    <span className="live-place">
      <span className="quieter number clock wide-only" title={`The time in ${zone}`}>{dayWords(today)} {clockSeconds(now, zone)}</span>
      <button type="button" role="switch" className={`button live ${on && !away ? "live-on" : ""}`} aria-checked={on} disabled={!possible} onClick={() => go({ live: !view.live }, { replace: true })}
        title={away ? "The server cannot be reached; this page is asking again" : possible ? "Keep this page up to date (l)" : "This range lies in the past: it no longer changes"}>
        <i className="live-dot" aria-hidden="true" />{on ? (away ? "Reconnecting" : "Live") : possible ? "Paused" : "Past"}
      </button>
    </span>
  );
}

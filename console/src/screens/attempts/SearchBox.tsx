import { FormEvent, KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { Icon } from "../../parts/Icon";
import { useScope } from "../../state/project";
import { facetsOf } from "../../state/questions";
import { isIdentifying, onlyAttempt, parseSearch, printSearch, quoted, termAt } from "../../state/search";
import { useSearchFocus } from "../../state/searchFocus";
import { useAnswer } from "../../state/useAnswer";
import { go } from "../../state/useView";
import { short } from "../../words/numbers";
import { Suggestion, suggestions } from "./suggestions";

/** The search: what is being typed is completed from its little language and from the values that occur. */
export function SearchBox() {
  const scope = useScope();
  const { view, today } = scope;
  const printed = printSearch(view.filters, view.words);
  const [text, setText] = useState(printed);
  const [focused, setFocused] = useState(false);
  const [cursor, setCursor] = useState(0);
  const [active, setActive] = useState(-1);
  /** The text that was not searched; while it stands in the box, so does the reason. */
  const [refused, setRefused] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  /** Where the caret belongs once the text of a suggestion stands in the box. */
  const caret = useRef<number | null>(null);
  const id = useId();
  const facets = useAnswer(focused ? facetsOf(scope) : null);
  useSearchFocus(input);
  useEffect(() => setText(printed), [printed]);
  useLayoutEffect(() => {
    if (caret.current === null) return;
    input.current?.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  });

  const here = termAt(text, cursor);
  const offered = focused ? suggestions(here, facets.data?.facets ?? [], today) : [];
  const shown = active < offered.length ? active : -1;
  const { unknown, errors } = parseSearch(text, today);
  const why = errors.length > 0 && refused === text ? <p className="bad search-error" role="alert">Not searched. {errors.join("; ")}.</p> : null;

  const search = (event?: FormEvent) => {
    event?.preventDefault();
    const found = parseSearch(text, today);
    const attempt = onlyAttempt(found);
    setActive(-1);
    // What was typed stays, and so does the list: an answer to something else would pass for the one to this.
    if (found.errors.length > 0) return setRefused(text);
    // The keys belong to the list again: j and k, Enter.
    setFocused(false);
    input.current?.blur();
    if (attempt !== null) return go({ item: attempt, open: null });
    const { filters, words, date } = found;
    const everywhere = date === null && isIdentifying(found) && view.range.kind === "preset" && view.range.preset === "today";
    const range = date !== null ? { kind: "date" as const, date } : everywhere ? { kind: "preset" as const, preset: "1y" as const } : view.range;
    go({ filters, words, range, open: null });
  };

  /**
   * Puts the suggestion in the place of what was typed; a finished term gets a space, and the next begins. The box keeps the focus that
   * it has, and does not ask for it later: whoever searches at once would be put back into the box, and the next `/` would be text.
   */
  const take = (one: Suggestion) => {
    const put = one.ends ? `${quotedTerm(one.text)} ` : one.text;
    const next = `${text.slice(0, here.start)}${put}${text.slice(cursor).replace(/^\s+/, "")}`;
    const at = here.start + put.length;
    setText(next);
    setActive(-1);
    setCursor(at);
    caret.current = at;
  };

  const key = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (offered.length === 0) return;
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setActive(shown < 0 ? (step > 0 ? 0 : offered.length - 1) : (shown + step + offered.length) % offered.length);
    } else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && offered[shown]) {
      event.preventDefault();
      take(offered[shown] as Suggestion);
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (shown >= 0) return setActive(-1);
      setText(printed);
      input.current?.blur();
      setFocused(false);
    }
  };

  return (
    <>
      <form className="search" role="search" onSubmit={search} onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setFocused(false);
      }}>
        <Icon name="search" />
        <input ref={input} className="search-input" type="search" data-search value={text} placeholder="Search: a code, a source, user: email: lead:" aria-label="Search attempts"
          role="combobox" aria-expanded={offered.length > 0} aria-controls={`${id}-list`} aria-autocomplete="list" aria-activedescendant={shown >= 0 ? `${id}-${shown}` : undefined}
          aria-describedby={`${id}-help`} aria-invalid={why !== null} autoComplete="off" autoCapitalize="off" spellCheck={false}
          onFocus={(event) => { setFocused(true); setCursor(event.currentTarget.selectionStart ?? text.length); }}
          onSelect={(event) => setCursor(event.currentTarget.selectionStart ?? 0)}
          onChange={(event) => { setText(event.target.value); setCursor(event.target.selectionStart ?? event.target.value.length); setActive(-1); }}
          onKeyDown={key} />
        {text !== "" && focused && <button type="submit" className="button button-small">Search</button>}
        <kbd className="wide-only" aria-hidden="true">/</kbd>
        <div className={focused ? "search-help" : "unseen"}>
          <ul id={`${id}-list`} role="listbox" aria-label="Completions" className="search-list">
            {offered.map((one, index) => (
              <li key={one.text} id={`${id}-${index}`} role="option" aria-selected={index === shown} className={`search-option ${index === shown ? "search-option-active" : ""}`}
                onPointerDown={(event) => { event.preventDefault(); take(one); }} onPointerMove={() => index !== shown && setActive(index)}>
                <code>{one.shown}</code><span className="quiet">{one.says}</span>{one.count !== null && <span className="number quieter">{short(one.count)}</span>}
              </li>
            ))}
          </ul>
          {focused && why}
          {why === null && here.field !== null && offered.length === 0 && focused && <p className="quieter search-note">{hintOf(here.field)}</p>}
          <p id={`${id}-help`} className="quieter search-note">Enter searches. Arrow keys and Tab complete. A comma means any of; quotation marks hold words together.</p>
          {why === null && errors.length > 0 && <p className="warn search-note">{errors.join("; ")}.</p>}
          {unknown.length > 0 && <p className="warn search-note">{unknown.map((term) => `${term}: no such field, searched as words`).join("; ")}.</p>}
        </div>
      </form>
      {!focused && why}
    </>
  );
}

function quotedTerm(term: string): string {
  const colon = term.indexOf(":");
  return `${term.slice(0, colon + 1)}${quoted(term.slice(colon + 1))}`;
}

function hintOf(field: string): string {
  switch (field) {
    case "user": return "A user id, as it stands in a row. By address or number: email: or phone:.";
    case "email": return "The address as it was submitted, or sha256: and the beginning of its hash. Its rows are found; the address itself is not on record.";
    case "phone": return "The number with its country code, or sha256: and the beginning of its hash.";
    case "lead": return "A lead id, led_ and what follows.";
    case "attempt": return "An attempt id, att_ and what follows. Alone, it opens the attempt.";
    case "outcome": return "success or failure.";
    case "schema": return "The version number of a source's field schema.";
    case "date": return "A date as YYYY-MM-DD, today or yesterday.";
    default: return "No value of this range begins like this.";
  }
}

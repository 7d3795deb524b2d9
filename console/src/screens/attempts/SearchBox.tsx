import { FormEvent, useEffect, useId, useState } from "react";
import { Icon } from "../../parts/Icon";
import { useScope } from "../../state/project";
import { SEARCH_HELP, parseSearch, printSearch } from "../../state/search";
import { go } from "../../state/useView";

/** The search, with its little language explained below it while it has the focus. */
export function SearchBox() {
  const { view } = useScope();
  const printed = printSearch(view.filters, view.words);
  const [text, setText] = useState(printed);
  const [focused, setFocused] = useState(false);
  const help = useId();
  useEffect(() => setText(printed), [printed]);

  const search = (event: FormEvent) => {
    event.preventDefault();
    const { filters, words } = parseSearch(text);
    go({ filters, words, open: null });
  };
  const { unknown } = parseSearch(text);
  return (
    <form className="search" role="search" onSubmit={search} onBlur={(event) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setFocused(false);
    }}>
      <Icon name="search" />
      <input className="search-input" type="search" data-search value={text} placeholder="Search attempts: code:phone_invalid source:partner_api" aria-label="Search attempts" aria-describedby={help}
        onFocus={() => setFocused(true)} onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          setText(printed);
          event.currentTarget.blur();
          setFocused(false);
        }} />
      <kbd className="wide-only" aria-hidden="true">/</kbd>
      <div id={help} className={focused ? "search-help" : "unseen"}>
        <p className="quieter">Enter searches. A comma means any of; quotation marks hold words together.</p>
        <ul>
          {SEARCH_HELP.map((entry) => (
            <li key={entry.field}>
              <button type="button" tabIndex={focused ? 0 : -1} className="search-example" onPointerDown={(event) => event.preventDefault()} onClick={() => setText(`${text.trim()} ${entry.field}:`.trim())}><code>{entry.example}</code><span className="quiet">{entry.says}</span></button>
            </li>
          ))}
        </ul>
        {unknown.length > 0 && <p className="warn">{unknown.join(", ")}: no such field, searched as words.</p>}
      </div>
    </form>
  );
}

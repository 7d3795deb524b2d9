import { Fragment } from "react";
import type { Books } from "../api/days";
import { duration, exact, short } from "../words/numbers";
import { Icon } from "./Icon";
import "./books.css";

/** Received equals the sum of everything that became of it. Balanced books get the double rule under the total. */
export function BooksEquation({ books }: { books: Books }) {
  const sum = books.stored + books.duplicate + books.sampled + books.rejected_total + books.quarantined_total;
  const terms: { name: string; value: number; why?: string }[] = [
    { name: "stored", value: books.stored },
    { name: "duplicate", value: books.duplicate },
    { name: "sampled", value: books.sampled },
    { name: "rejected", value: books.rejected_total, why: reasons(books.rejected) },
    { name: "quarantined", value: books.quarantined_total, why: reasons(books.quarantined) },
  ];
  return (
    <div className="books">
      <div className="books-equation" role="group" aria-label={`${exact(books.received)} received, ${exact(sum)} accounted for`}>
        <span className="books-term"><span className={`books-total number ${books.balanced ? "books-balanced" : "books-off"}`} title={exact(books.received)}>{short(books.received)}</span><span className="quieter">received</span></span>
        {terms.map((term, index) => (
          <Fragment key={term.name}>
            <span className="books-sign" aria-hidden="true">{index === 0 ? "=" : "+"}</span>
            <span className="books-term" title={term.why || undefined}><span className={`number ${term.value === 0 ? "quieter" : ""}`} title={exact(term.value)}>{short(term.value)}</span><span className="quieter">{term.name}</span></span>
          </Fragment>
        ))}
      </div>
      <p className="books-verdict">
        {books.balanced
          ? <span className="mark-good"><Icon name="check" size={14} />Balanced: every item that was received is accounted for.</span>
          : <span className="mark-bad"><Icon name="warning" size={14} />Off by {exact(Math.abs(books.received - sum))}: {books.received > sum ? "fewer items are accounted for than were received" : "more items are accounted for than were received"}. Run <code>daybook verify</code>.</span>}
      </p>
      {books.pending > 0 && (
        <p className="quieter">{exact(books.pending)} more {books.pending === 1 ? "is" : "are"} durable in the stream and not processed yet{books.lag_seconds !== null ? `, the oldest for ${duration(books.lag_seconds * 1000)}` : ""}.</p>
      )}
      <Reasons title="Rejected" reasons={books.rejected} />
      <Reasons title="Quarantined" reasons={books.quarantined} />
    </div>
  );
}

function Reasons({ title, reasons: counts }: { title: string; reasons: Record<string, number> }) {
  const entries = Object.entries(counts).filter(([, count]) => count > 0).sort((one, other) => other[1] - one[1]);
  if (entries.length === 0) return null;
  return (
    <p className="quiet books-reasons">{title}: {entries.slice(0, 4).map(([code, count], index) => (
      <span key={code}>{index > 0 && ", "}<code>{code}</code> {exact(count)}</span>
    ))}{entries.length > 4 && `, and ${entries.length - 4} more reasons`}</p>
  );
}

function reasons(counts: Record<string, number>): string {
  return Object.entries(counts).map(([code, count]) => `${code}: ${exact(count)}`).join("\n");
}

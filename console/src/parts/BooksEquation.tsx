import type { Books } from "../api/days";
import { duration, exact } from "../words/numbers";
import { Icon } from "./Icon";
import "./books.css";

/** Received equals the sum of everything that became of it. Balanced books get the double rule under the total. */
export function BooksEquation({ books }: { books: Books }) {
  const sum = books.stored + books.duplicate + books.sampled + books.rejected_total + books.quarantined_total;
  const terms: { name: string; value: number; why?: Record<string, number> }[] = [
    { name: "stored", value: books.stored },
    { name: "duplicate", value: books.duplicate },
    { name: "sampled", value: books.sampled },
    { name: "rejected", value: books.rejected_total, why: books.rejected },
    { name: "quarantined", value: books.quarantined_total, why: books.quarantined },
  ];
  return (
    <div className="books">
      <table className="books-ledger">
        <caption className="unseen">{exact(books.received)} received, {exact(sum)} accounted for</caption>
        <tbody>
          {terms.map((term, index) => (
            <tr key={term.name} className={term.value === 0 ? "quieter" : undefined}>
              <td className="books-sign" aria-hidden="true">{index === 0 ? "" : "+"}</td>
              <th scope="row">{term.name}</th>
              <td className="books-why"><Reasons reasons={term.why} /></td>
              <td className="right number">{exact(term.value)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <td className="books-sign" aria-hidden="true">=</td>
            <th scope="row">received</th>
            <td className="books-why">{!books.balanced && <span className="bad">{exact(sum)} accounted for</span>}</td>
            <td className="right number"><span className={books.balanced ? "books-balanced" : "books-off"}>{exact(books.received)}</span></td>
          </tr>
        </tfoot>
      </table>
      <p className="books-verdict">
        {books.balanced
          ? <span className="mark-good"><Icon name="check" size={14} />Balanced: every item received is accounted for.</span>
          : <span className="mark-bad"><Icon name="warning" size={14} /><span>Off by {exact(Math.abs(books.received - sum))}: {books.received > sum ? "fewer items are accounted for than were received" : "more items are accounted for than were received"}. Run <code>daybook verify</code>.</span></span>}
      </p>
      {books.pending > 0 && (
        <p className="quieter">{exact(books.pending)} more {books.pending === 1 ? "is" : "are"} durable in the stream, waiting to be processed{books.lag_seconds !== null ? `, the oldest for ${duration(books.lag_seconds * 1000)}` : ""}.</p>
      )}
    </div>
  );
}

const REASONS_SHOWN = 2;

function Reasons({ reasons }: { reasons: Record<string, number> | undefined }) {
  const entries = Object.entries(reasons ?? {}).filter(([, count]) => count > 0).sort((one, other) => other[1] - one[1]);
  if (entries.length === 0) return null;
  const all = entries.map(([code, count]) => `${code}: ${exact(count)}`).join("\n");
  return <span title={all}>{entries.slice(0, REASONS_SHOWN).map(([code]) => code.replace(/_/g, " ")).join(", ")}{entries.length > REASONS_SHOWN && `, ${entries.length - REASONS_SHOWN} more`}</span>;
}

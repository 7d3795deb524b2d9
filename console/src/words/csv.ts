/** The beginning of a CSV file (RFC 4180), for a preview: its header and first rows, and what is odd about the file. Pure. */

export interface CsvHead {
  columns: string[];
  /** The first rows. */
  rows: string[][];
  /** How many rows were read; the first of them are kept. */
  count: number;
  /** Bytes that the header and the rows took, to estimate how many rows the file has. */
  bytesRead: number;
  /** Every row of the file was read: there is nothing to estimate. (A byte order mark is no part of the text.) */
  isWhole: boolean;
  separator: "," | ";" | "\t";
}

const ROWS_MAX = 200;

/** Keeps the first `ROWS_MAX` rows and counts the others. When `whole` is false, the last row may be cut in the middle and is left out. */
export function csvHead(text: string, whole: boolean): CsvHead {
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const separator = separatorOf(text.slice(start));
  const rows: string[][] = [];
  let at = start;
  let count = -1;
  while (at < text.length) {
    const line = readRow(text, at, separator);
    if (line.cut && !whole) break;
    if (!(line.cells.length === 1 && line.cells[0] === "")) {
      count += 1;
      if (rows.length <= ROWS_MAX) rows.push(line.cells);
    }
    at = line.end;
  }
  const [columns = [], ...rest] = rows;
  return { columns: columns.map((column) => column.trim()), rows: rest, count: Math.max(0, count), bytesRead: new TextEncoder().encode(text.slice(0, at)).length, isWhole: whole && at >= text.length, separator };
}

function readRow(text: string, from: number, separator: string): { cells: string[]; end: number; cut: boolean } {
  const cells: string[] = [];
  let cell = "";
  let at = from;
  let quoted = false;
  for (; at < text.length; at += 1) {
    const character = text[at];
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text[at + 1] === '"') { cell += '"'; at += 1; }
      else quoted = false;
    } else if (character === '"' && cell === "") quoted = true;
    else if (character === separator) { cells.push(cell); cell = ""; }
    else if (character === "\n" || character === "\r") {
      const end = character === "\r" && text[at + 1] === "\n" ? at + 2 : at + 1;
      return { cells: [...cells, cell], end, cut: false };
    } else cell += character;
  }
  return { cells: [...cells, cell], end: at, cut: true };
}

/** The separator that the first line has most of. */
function separatorOf(text: string): CsvHead["separator"] {
  const line = text.slice(0, Math.max(0, text.search(/[\r\n]|$/)));
  const count = (character: string) => line.split(character).length;
  const [best = ","] = ([",", ";", "\t"] as const).slice().sort((one, other) => count(other) - count(one));
  return count(best) > 1 ? best : ",";
}

/** Rows of the whole file, from its size and the size of the rows that were read. */
export function estimatedRows(head: CsvHead, fileBytes: number): number {
  if (head.count === 0) return 0;
  if (head.isWhole || head.bytesRead >= fileBytes) return head.count;
  return Math.round((fileBytes / head.bytesRead) * (head.count + 1)) - 1;
}

/** What keeps a file from being imported, or will surprise. */
export function fileProblems(head: CsvHead): { stops: string[]; warns: string[] } {
  const stops: string[] = [];
  const warns: string[] = [];
  if (head.columns.length === 0) stops.push("The file is empty: its first line must name the columns.");
  if (head.separator !== ",") stops.push(`The columns are separated by ${head.separator === ";" ? "semicolons" : "tabs"}. Save the file as CSV with commas.`);
  const twice = head.columns.find((column, index) => column !== "" && head.columns.indexOf(column) < index);
  if (twice !== undefined) stops.push(`Two columns are named \u201c${twice}\u201d. Rename one in the file.`);
  const nameless = head.columns.filter((column) => column === "").length;
  if (nameless > 0) stops.push(`${nameless === 1 ? "One column has" : `${nameless} columns have`} no name in the header. Name ${nameless === 1 ? "it" : "them"} in the file.`);
  if (head.columns.length > 0 && head.rows.length === 0) stops.push("The file has a header and no rows.");
  const ragged = head.rows.findIndex((row) => row.length !== head.columns.length);
  if (ragged >= 0 && head.separator === ",") warns.push(`Line ${ragged + 2} has ${head.rows[ragged]?.length} cells where the header has ${head.columns.length}. Such rows are refused.`);
  if ([...head.columns, ...head.rows.flat()].some((cell) => cell.includes("\ufffd"))) warns.push("Some characters are not UTF-8. Save the file as \u201cCSV UTF-8\u201d, or names will be damaged.");
  return { stops, warns };
}

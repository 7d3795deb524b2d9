/** Which column becomes which part of a submission: guesses from names, and what the first rows say against them. Pure. */

/** Where a column may go; `field` is `fields.<name>`. */
export const TARGETS = ["email", "phone", "name", "external_id", "source", "channel", "consent", "session_id"] as const;
export type Target = typeof TARGETS[number];

export interface ColumnChoice {
  column: string;
  to: Target | "field" | "skip";
  /** The name under `fields.`, for `field`. */
  field: string;
  /** What numbers are multiplied by; 1 leaves them as they are. */
  factor: number;
}

export const TARGET_WORDS: Record<ColumnChoice["to"], string> = {
  email: "Email", phone: "Phone", name: "Name", external_id: "Your own id", source: "Source", channel: "Channel", consent: "Consent",
  session_id: "Session", field: "A field of the lead", skip: "Leave out",
};

const NAMES: Record<Target, RegExp> = {
  email: /^(user_?)?e_?mail(_?address)?$/,
  phone: /^(user_?)?(phone|mobile|cell|telephone|tel)(_?(number|no))?$/,
  name: /^((user_?|full_?|contact_?|customer_?)?name)$/,
  external_id: /^(external_?id|user_?id|customer_?id|person_?id|contact_?id|crm_?id|applicant_?id|id|row|record_?id)$/,
  source: /^(lead_?)?source$/,
  channel: /^(marketing_?)?(channel|medium)$/,
  consent: /^(consent(ed)?|opt_?in|has_?consent|tcpa)$/,
  session_id: /^session(_?id)?$/,
};

export const fieldName = (column: string): string => column.trim().replace(/[^A-Za-z0-9_.:-]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 64);

/** What an import adds to the rows that failed, behind their own columns. */
const REASON_COLUMNS = ["line", "code", "pointer", "message"];

/** A guess for each column; each target is given once, to the first that fits. Why rows of an earlier import failed is left out. */
export function guessed(columns: readonly string[]): ColumnChoice[] {
  const given = new Set<Target>();
  const own = columns.length - REASON_COLUMNS.length;
  const reasons = REASON_COLUMNS.every((name, index) => columns[own + index] === name);
  return columns.map((column, index) => {
    if (reasons && index >= own) return { column, to: "skip", field: fieldName(column), factor: 1 };
    const name = column.trim().toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
    const target = TARGETS.find((candidate) => !given.has(candidate) && NAMES[candidate].test(name));
    if (target) given.add(target);
    // "loan_amount_thousands" holds 320 for 320,000.
    const thousands = /_(in_)?thousands?$/.exec(name);
    return { column, to: target ?? (fieldName(column) === "" ? "skip" : "field"), field: thousands && !target ? fieldName(column).slice(0, -(thousands[0] ?? "").length) : fieldName(column), factor: thousands && !target ? 1000 : 1 };
  });
}

export const targetOf = (choice: ColumnChoice): string | null => (choice.to === "skip" || choice.column === "" ? null : choice.to === "field" ? `fields.${choice.field}` : choice.to);

export interface ColumnFindings {
  /** The import cannot begin with this. */
  stops: string[];
  /** Rows that will fail, as far as the preview tells. */
  warns: string[];
}

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const TRUE_OR_FALSE = /^(true|false|1|0|yes|no)$/i;
const NAME_BYTES = /^[A-Za-z0-9_.:-]{1,64}$/;

/** What the first rows say about the choice of each column. */
export function findings(choices: readonly ColumnChoice[], rows: readonly (readonly string[])[]): ColumnFindings[] {
  return choices.map((choice, index) => {
    const stops: string[] = [];
    const warns: string[] = [];
    const cells = rows.map((row) => (row[index] ?? "").trim());
    const filled = cells.filter(Boolean);
    const target = targetOf(choice);
    if (target === null) return { stops, warns };
    if (choice.to === "field" && !NAME_BYTES.test(choice.field)) stops.push("Name the field with letters, digits or _ . : -");
    if (choices.findIndex((other) => targetOf(other) === target) < index) stops.push(`Another column goes to ${choice.to === "field" ? `\u201c${choice.field}\u201d` : TARGET_WORDS[choice.to].toLowerCase()} already.`);
    const bad = (good: (cell: string) => boolean, one: string, many: string) => {
      const wrong = filled.filter((cell) => !good(cell));
      if (wrong.length > 0) warns.push(`${wrong.length} of ${filled.length} ${wrong.length === 1 ? one : many}, such as \u201c${wrong[0]?.slice(0, 40)}\u201d.`);
    };
    if (choice.to === "field" && choice.factor !== 1) {
      if (!(Number.isFinite(choice.factor) && choice.factor !== 0)) stops.push("Multiply by a number.");
      bad((cell) => typeof scalar(cell) === "number", "is not a number and cannot be multiplied", "are not numbers and cannot be multiplied");
    }
    if (choice.to === "email") bad((cell) => EMAIL.test(cell), "is not an email address", "are not email addresses");
    if (choice.to === "phone") {
      const bare = filled.filter((cell) => !cell.startsWith("+"));
      if (bare.length > 0) warns.push(`${bare.length} of ${filled.length} ${bare.length === 1 ? "has" : "have"} no country code, such as \u201c${bare[0]?.slice(0, 40)}\u201d: write +1 before the number.`);
    }
    if (choice.to === "consent") bad((cell) => TRUE_OR_FALSE.test(cell), "is neither true nor false", "are neither true nor false");
    if (choice.to === "source" || choice.to === "channel") bad((cell) => NAME_BYTES.test(cell), "has other characters than letters, digits or _ . : -", "have other characters than letters, digits or _ . : -");
    if (choice.to === "external_id" && new Set(filled).size < filled.length) warns.push("Some ids are there more than once: those rows are the same person.");
    if (filled.length === 0 && cells.length > 0) warns.push(`Empty in the first ${cells.length} rows.`);
    else if (["email", "phone", "external_id"].includes(choice.to) && filled.length < cells.length) warns.push(`${cells.length - filled.length} of the first ${cells.length} rows ${cells.length - filled.length === 1 ? "is" : "are"} empty.`);
    return { stops, warns };
  });
}

/** What stands against the whole mapping. */
export function mappingProblems(choices: readonly ColumnChoice[], consent: boolean): ColumnFindings {
  const has = (target: Target) => choices.some((choice) => choice.to === target);
  const stops: string[] = [];
  const warns: string[] = [];
  if (!has("email") && !has("phone") && !has("external_id")) stops.push("No column says who the person is. Choose email, phone or your own id for one of them.");
  if (!has("consent") && !consent) warns.push("No column says that the person consented: every row will be refused with consent_missing, unless consent was given for the whole file.");
  return { stops, warns };
}

/** The submission that a row would be sent as: what is empty is left out. */
export function submissionOf(choices: readonly ColumnChoice[], row: readonly string[], defaults: { source: string; channel: string; consent: boolean }): Record<string, unknown> {
  const user: Record<string, string> = {};
  const fields: Record<string, unknown> = {};
  const top: Record<string, unknown> = {};
  choices.forEach((choice, index) => {
    const cell = (row[index] ?? "").trim();
    if (cell === "" || targetOf(choice) === null) return;
    if (choice.to === "field") fields[choice.field] = multiplied(scalar(cell), choice.factor);
    else if (choice.to === "consent") top["consent"] = /^(true|1|yes)$/i.test(cell);
    else if (["email", "phone", "name", "external_id"].includes(choice.to)) user[choice.to] = cell;
    else top[choice.to] = cell;
  });
  return {
    user, source: defaults.source, ...(defaults.channel ? { channel: defaults.channel } : {}), ...(defaults.consent ? { consent: true } : {}), ...top, fields,
  };
}

/** A cell that reads as a JSON number, true or false is sent as one. */
function scalar(cell: string): unknown {
  if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(cell)) return Number(cell);
  return cell === "true" ? true : cell === "false" ? false : cell;
}

const multiplied = (value: unknown, factor: number): unknown => (typeof value === "number" ? Number((value * factor).toPrecision(15)) : value);

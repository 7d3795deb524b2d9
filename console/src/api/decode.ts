/**
 * Small typed validators for what the server sends. A payload that does not have the promised shape becomes a `DecodeError`
 * that names the place, and the panel that asked for it says so; the page around it goes on.
 *
 * Unknown members are ignored (a newer server may add some); a missing or mistyped one that we rely on is an error.
 */
export type Decoder<T> = (value: unknown, at: string) => T;

export class DecodeError extends Error {
  constructor(readonly at: string, readonly expected: string, readonly found: unknown) {
    super(`${at || "/"}: expected ${expected}, found ${describe(found)}`);
    this.name = "DecodeError";
  }
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `the ${typeof value} ${JSON.stringify(value).slice(0, 40)}`;
}

export const text: Decoder<string> = (value, at) => {
  if (typeof value !== "string") throw new DecodeError(at, "a text", value);
  return value;
};

export const number: Decoder<number> = (value, at) => {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new DecodeError(at, "a number", value);
  return value;
};

/** A number, or a decimal text that is one: the snapshot writes ratios and milliseconds as texts. */
export const decimal: Decoder<number> = (value, at) => {
  if (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  return number(value, at);
};

export const boolean: Decoder<boolean> = (value, at) => {
  if (typeof value !== "boolean") throw new DecodeError(at, "true or false", value);
  return value;
};

/** An RFC 3339 time, as milliseconds since 1970. */
export const instant: Decoder<number> = (value, at) => {
  const parsed = typeof value === "string" ? Date.parse(value) : NaN;
  if (Number.isNaN(parsed)) throw new DecodeError(at, "an RFC 3339 time", value);
  return parsed;
};

export const anything: Decoder<unknown> = (value) => value;

export function oneOf<T extends string>(...choices: readonly T[]): Decoder<T> {
  return (value, at) => {
    if (typeof value !== "string" || !choices.includes(value as T)) throw new DecodeError(at, choices.join(" or "), value);
    return value as T;
  };
}

/** Null, and also a member that is absent, is null. */
export function nullable<T>(decode: Decoder<T>): Decoder<T | null> {
  return (value, at) => (value === null || value === undefined ? null : decode(value, at));
}

/** A member that may be absent or null, with what it means then. */
export function optional<T>(decode: Decoder<T>, absent: T): Decoder<T> {
  return (value, at) => (value === null || value === undefined ? absent : decode(value, at));
}

export function list<T>(decode: Decoder<T>): Decoder<T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw new DecodeError(at, "a list", value);
    return value.map((item, index) => decode(item, `${at}/${index}`));
  };
}

export function record<T>(decode: Decoder<T>): Decoder<Record<string, T>> {
  return (value, at) => {
    if (!isObject(value)) throw new DecodeError(at, "an object", value);
    const out: Record<string, T> = {};
    for (const [name, member] of Object.entries(value)) out[name] = decode(member, `${at}/${name}`);
    return out;
  };
}

type Shape<T> = { [K in keyof T]: Decoder<T[K]> };

export function object<T>(shape: Shape<T>): Decoder<T> {
  const names = Object.keys(shape) as (keyof T & string)[];
  return (value, at) => {
    if (!isObject(value)) throw new DecodeError(at, "an object", value);
    const out = {} as T;
    for (const name of names) out[name] = shape[name](value[name], `${at}/${name}`);
    return out;
  };
}

/** The one member `name` of an object. */
export function member<T>(name: string, decode: Decoder<T>): Decoder<T> {
  return (value, at) => {
    if (!isObject(value)) throw new DecodeError(at, "an object", value);
    return decode(value[name], `${at}/${name}`);
  };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

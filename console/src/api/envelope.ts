/** The wrapping of every answer of the query API: which contract, and how fresh and complete the data is. */
import { Decoder, DecodeError, boolean, instant, list, nullable, number, object, optional, text } from "./decode";

export interface Envelope {
  contractName: string;
  generatedAt: number;
  dataAsOf: number;
  partial: boolean;
  missing: string[];
  range: { from: number; to: number; granularity: string | null } | null;
}

const CONTRACT_VERSION = 1;

const raw = object({
  contract: object({ name: text, version: number }),
  generated_at: instant,
  data_as_of: nullable(instant),
  partial: optional(boolean, false),
  missing: optional(list(text), []),
  range: nullable(object({ from: instant, to: instant, granularity: nullable(text) })),
});

/** Decodes the envelope and the payload's own members beside it. Another major version of a contract is refused. */
export function enveloped<T>(payload: Decoder<T>): Decoder<T & Envelope> {
  return (value, at) => {
    const outer = raw(value, at);
    if (outer.contract.version !== CONTRACT_VERSION) {
      throw new DecodeError(`${at}/contract/version`, `version ${CONTRACT_VERSION} of ${outer.contract.name}`, outer.contract.version);
    }
    return {
      ...payload(value, at),
      contractName: outer.contract.name,
      generatedAt: outer.generated_at,
      dataAsOf: outer.data_as_of ?? outer.generated_at,
      partial: outer.partial,
      missing: outer.missing,
      range: outer.range,
    };
  };
}

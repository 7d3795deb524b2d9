/** The proof that one attempt is in its closed day, and the keys that sign seals. */
import { Decoder, DecodeError, anything, list, nullable, number, object, oneOf, optional, text } from "./decode";
import { ApiFailure } from "./failure";
import { send } from "./client";

/** SHA-256 in hex. */
const hash: Decoder<string> = (value, at) => {
  const found = text(value, at);
  if (!/^[0-9a-f]{64}$/.test(found)) throw new DecodeError(at, "64 hex digits", value);
  return found;
};

const canonicalField = object({ name: text, type: oneOf("text", "integer", "double"), value: anything });
export type CanonicalField = ReturnType<typeof canonicalField>;

const proof = object({
  attempt_id: text,
  date: text,
  sequence: number,
  attempt_hash: hash,
  leaf_hash: hash,
  leaf_index: number,
  tree_size: number,
  path: list(hash),
  root: hash,
  seal: object({ merkle_root: nullable(hash), signature: nullable(text), key_id: nullable(text) }),
  canonical: nullable(object({ version: optional(number, 1), previous_hash: hash, fields: list(canonicalField) })),
});
export type InclusionProof = ReturnType<typeof proof>;
export const proofDecoder: Decoder<InclusionProof> = proof;

export interface ProofAnswer {
  proof: InclusionProof;
  /** As it was received, to be given to somebody else. */
  raw: unknown;
}

/** The proof, or null while the attempt's day is open. */
export async function getProof(projectId: string, attemptId: string, signal: AbortSignal): Promise<ProofAnswer | null> {
  try {
    return await send({ path: `/v1/attempts/${encodeURIComponent(attemptId)}/proof`, query: { project_id: projectId }, signal }, (value, at) => ({ proof: proof(value, at), raw: value }));
  } catch (error) {
    if (error instanceof ApiFailure && error.code === "day_not_closed") return null;
    throw error;
  }
}

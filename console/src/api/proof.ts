/** The proof that one attempt is in its closed day, and the keys that sign seals. */
import { Decoder, DecodeError, list, nullable, number, object, oneOf, optional, text } from "./decode";
import { ApiFailure } from "./failure";
import { send } from "./client";

/** SHA-256 in hex. */
const hash: Decoder<string> = (value, at) => {
  const found = text(value, at);
  if (!/^[0-9a-f]{64}$/.test(found)) throw new DecodeError(at, "64 hex digits", value);
  return found;
};

export interface CanonicalField {
  name: string;
  /** `bits` are the 64 bits of a double, in hex. */
  kind: "text" | "integer" | "bits";
  value: string | number | null;
}

const kind = oneOf("text", "integer", "bits");
/** `[name, kind, value]` */
const canonicalField: Decoder<CanonicalField> = (value, at) => {
  if (!Array.isArray(value) || value.length !== 3) throw new DecodeError(at, "a list of name, kind and value", value);
  const [name, said, found] = value as unknown[];
  if (found !== null && typeof found !== "string" && typeof found !== "number") throw new DecodeError(`${at}/2`, "a text, a number or null", found);
  return { name: text(name, `${at}/0`), kind: kind(said, `${at}/1`), value: found };
};

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
  /** `statement` is the text that is signed; it names the root. */
  seal: object({ merkle_root: nullable(hash), statement: nullable(text), signature: nullable(text), key_id: nullable(text) }),
  canonical: nullable(object({ version: optional(number, 1), previous_hash: hash, fields: list(canonicalField) })),
});
export type InclusionProof = ReturnType<typeof proof>;
export const proofDecoder: Decoder<InclusionProof> = proof;

export interface ProofAnswer {
  proof: InclusionProof;
  /** The public key (Ed25519, hex) that the seal says it was signed with, or null when it is not signed or not known. */
  publicKey: string | null;
  /** As it was received, to be given to somebody else. */
  raw: unknown;
}

const sealKeys = object({ keys: list(object({ key_id: text, public_key: text })) });

/** The proof; null while the attempt's day is open, `mismatch` when the log no longer agrees with the day's seal. */
export async function getProof(projectId: string, attemptId: string, signal: AbortSignal): Promise<ProofAnswer | "mismatch" | null> {
  try {
    const path = `/v1/attempts/${encodeURIComponent(attemptId)}/proof`;
    const found = await send({ path, query: { project_id: projectId }, signal }, (value, at) => ({ proof: proof(value, at), raw: value }));
    return { ...found, publicKey: await getSealKey(projectId, found.proof.seal.key_id, signal) };
  } catch (error) {
    if (error instanceof ApiFailure && error.code === "day_not_closed") return null;
    if (error instanceof ApiFailure && error.code === "seal_mismatch") return "mismatch";
    throw error;
  }
}

async function getSealKey(projectId: string, keyId: string | null, signal: AbortSignal): Promise<string | null> {
  if (keyId === null) return null;
  try {
    const { keys } = await send({ path: `/v1/projects/${encodeURIComponent(projectId)}/seals/key`, signal }, sealKeys);
    return keys.find((key) => key.key_id === keyId)?.public_key ?? null;
  } catch (error) {
    if (error instanceof ApiFailure && error.kind === "not_found") return null;
    throw error;
  }
}

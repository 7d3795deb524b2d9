/**
 * Recomputing an inclusion proof with the browser's own SHA-256: from the attempt's fields to its hash, from the hash to the
 * leaf, from the leaf along the path to the root. Tree: RFC 6962 section 2.1; the walk: RFC 9162 section 2.1.3.2.
 *
 * Canonical encoding, version 1: the byte 0x01, then each field in order; a text is its UTF-8 length as a 32-bit big-endian
 * number and its bytes, an absent one the length 0xFFFFFFFF alone; an integer is 64-bit big-endian, bits are taken as they are.
 *
 * A seal is signed over its statement, a text that names the root (Ed25519, RFC 8032). Not every browser can check that.
 */
import type { CanonicalField, InclusionProof } from "../api/proof";

export type Sha256 = (bytes: Uint8Array) => Promise<Uint8Array>;

/** Whether a signature holds, or null where it cannot be checked. */
export type VerifySignature = (publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array) => Promise<boolean | null>;

export interface PathStep {
  /** The hash that is computed so far, and the one that the proof adds. */
  own: string;
  sibling: string;
  side: "left" | "right";
  /** Hash of both. */
  parent: string;
}

export interface ProofCheck {
  name: "content" | "leaf" | "path" | "seal" | "signature";
  passed: boolean;
  expected: string;
  found: string;
}

export interface CheckedProof {
  passed: boolean;
  checks: ProofCheck[];
  steps: PathStep[];
}

/** The browser's hash function, or null where the page is not served from a secure origin. */
export function browserSha256(): Sha256 | null {
  const subtle = globalThis.crypto?.subtle;
  return subtle ? async (bytes) => new Uint8Array(await subtle.digest("SHA-256", bytes)) : null;
}

/** The browser's Ed25519, which older browsers lack. */
export const browserEd25519: VerifySignature = async (publicKey, signature, message) => {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) return null;
  try {
    const key = await subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
    return await subtle.verify({ name: "Ed25519" }, key, signature, message);
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotSupportedError") return null;
    return false;
  }
};

export async function checkProof(proof: InclusionProof, sha256: Sha256, publicKey: string | null = null, verify: VerifySignature = browserEd25519): Promise<CheckedProof> {
  const checks: ProofCheck[] = [];
  const check = (name: ProofCheck["name"], found: string, expected: string) => checks.push({ name, found, expected, passed: found === expected });
  if (proof.canonical) {
    const encoded = encoding(proof.canonical.fields, proof.canonical.version);
    check("content", hex(await sha256(joined(bytesOf(proof.canonical.previous_hash), encoded))), proof.attempt_hash);
  }
  const leaf = await sha256(joined(Uint8Array.of(0), bytesOf(proof.attempt_hash)));
  check("leaf", hex(leaf), proof.leaf_hash);
  const { root, steps } = await walk(leaf, proof, sha256);
  check("path", root ?? "", proof.root);
  const { merkle_root, statement, signature } = proof.seal;
  const stated = statement === null ? null : /^merkle_root=([0-9a-f]{64})$/m.exec(statement)?.[1] ?? "";
  check("seal", root ?? "", stated ?? merkle_root ?? proof.root);
  if (statement !== null && signature !== null && publicKey !== null) {
    const holds = await verify(bytesOf(publicKey), bytesOf(signature), new TextEncoder().encode(statement));
    if (holds !== null) checks.push({ name: "signature", passed: holds, expected: "", found: "" });
  }
  return { passed: checks.every((one) => one.passed), checks, steps };
}

/** From the leaf to the root; null when the path does not fit the tree's size. */
async function walk(leaf: Uint8Array, proof: InclusionProof, sha256: Sha256): Promise<{ root: string | null; steps: PathStep[] }> {
  const steps: PathStep[] = [];
  let position = proof.leaf_index;
  let last = proof.tree_size - 1;
  let own = leaf;
  if (!Number.isInteger(position) || position < 0 || position > last) return { root: null, steps };
  for (const text of proof.path) {
    if (last === 0) return { root: null, steps };
    const sibling = bytesOf(text);
    const isRight = position % 2 === 1 || position === last;
    const parent = await sha256(isRight ? joined(Uint8Array.of(1), sibling, own) : joined(Uint8Array.of(1), own, sibling));
    steps.push({ own: hex(own), sibling: text, side: isRight ? "right" : "left", parent: hex(parent) });
    if (isRight) {
      while (position % 2 === 0 && position !== 0) {
        position = Math.floor(position / 2);
        last = Math.floor(last / 2);
      }
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
    own = parent;
  }
  return { root: last === 0 ? hex(own) : null, steps };
}

const ABSENT = 0xffffffff;

export function encoding(fields: readonly CanonicalField[], version: number): Uint8Array {
  return joined(Uint8Array.of(version), ...fields.map(encodedField));
}

function encodedField({ kind, value }: CanonicalField): Uint8Array {
  if (kind === "bits") return bytesOf(String(value));
  if (kind === "text") {
    if (value === null) return number32(ABSENT);
    const bytes = new TextEncoder().encode(String(value));
    return joined(number32(bytes.length), bytes);
  }
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt(String(value)));
  return new Uint8Array(view.buffer);
}

function number32(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value);
  return new Uint8Array(view.buffer);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

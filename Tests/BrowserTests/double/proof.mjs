// The hash chain and the Merkle tree of the double, computed as the product does, so that a page that really recomputes a
// proof can be told from one that only says so.
import { createHash, generateKeyPairSync, sign } from "node:crypto";

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const micro = (instant) => instant * 1000;
const dayNumber = (date) => Math.round(Date.parse(`${date}T00:00:00Z`) / 86_400_000);

/** The fields of canonical encoding, version 1, in their order. `context` is the stored text. */
export function canonicalFields(row, context) {
  const text = (name, value) => [name, "text", value ?? null];
  const integer = (name, value) => [name, "integer", value];
  return [
    text("attempt_id", row.attempt_id), text("project_id", "prj_northwind"), integer("sequence", row.sequence), text("user_id", row.user_id), text("source", row.source),
    text("channel", row.channel), integer("received_at", micro(row.at)), integer("logical_date", dayNumber(row.logical_date)), text("outcome", row.outcome),
    text("failure_category", row.failure_category), text("failure_code", row.failure_code), text("failure_message", row.failure_message), text("context", context),
    integer("retry_attempt", row.retry_attempt), ["duration_ms", "bits", bits(row.duration_ms)], text("idempotency_key", row.idempotency_key), text("lead_id", row.lead_id),
  ];
}

function bits(value) {
  const eight = Buffer.alloc(8);
  eight.writeDoubleBE(value);
  return eight.toString("hex");
}

function encoded(fields) {
  const parts = [Buffer.from([1])];
  for (const [, kind, value] of fields) {
    if (kind === "text") {
      const bytes = value === null ? null : Buffer.from(value);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes ? bytes.length : 0xffffffff);
      parts.push(length, ...(bytes ? [bytes] : []));
    } else if (kind === "bits") {
      parts.push(Buffer.from(value, "hex"));
    } else {
      const number = Buffer.alloc(8);
      number.writeBigInt64BE(BigInt(value));
      parts.push(number);
    }
  }
  return Buffer.concat(parts);
}

export const attemptHash = (previous, fields) => sha256(Buffer.from(previous, "hex"), encoded(fields)).toString("hex");

const leaf = (hash) => sha256(Buffer.from([0]), Buffer.from(hash, "hex"));
const node = (left, right) => sha256(Buffer.from([1]), left, right);
const split = (count) => 2 ** Math.floor(Math.log2(count - 1));

function root(leaves) {
  if (leaves.length === 0) return sha256(Buffer.alloc(0));
  if (leaves.length === 1) return leaves[0];
  const middle = split(leaves.length);
  return node(root(leaves.slice(0, middle)), root(leaves.slice(middle)));
}

function path(index, leaves) {
  if (leaves.length < 2) return [];
  const middle = split(leaves.length);
  return index < middle ? [...path(index, leaves.slice(0, middle)), root(leaves.slice(middle))] : [...path(index - middle, leaves.slice(middle)), root(leaves.slice(0, middle))];
}

export const merkleRoot = (rows) => root(rows.map((row) => leaf(row.hash))).toString("hex");

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
export const sealKey = { key_id: "seal_2f81c04e", public_key: publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex"), created_at: "2026-01-01T00:00:00Z" };

/** The seal of a closed day, signed. */
export function sealOf(rows, date) {
  const [first] = rows;
  const last = rows[rows.length - 1];
  const merkle_root = merkleRoot(rows);
  const statement = `daybook-seal-v1\nproject_id=prj_northwind\ndate=${date}\ntree_size=${rows.length}\nmerkle_root=${merkle_root}\n`;
  return {
    date, merkle_root, row_count: rows.length, first_sequence: first?.sequence ?? null, last_sequence: last?.sequence ?? null, last_hash: last?.hash ?? null,
    sealed_at: `${date}T23:59:59Z`, statement, signature: sign(null, Buffer.from(statement), privateKey).toString("hex"), key_id: sealKey.key_id,
  };
}

export function inclusionProof(rows, row, context) {
  const leaves = rows.map((one) => leaf(one.hash));
  const index = rows.indexOf(row);
  return {
    attempt_id: row.attempt_id, date: row.logical_date, sequence: row.sequence, attempt_hash: row.hash, leaf_hash: leaf(row.hash).toString("hex"), leaf_index: index, tree_size: rows.length,
    path: path(index, leaves).map((hash) => hash.toString("hex")), root: root(leaves).toString("hex"), seal: sealOf(rows, row.logical_date),
    canonical: { version: 1, previous_hash: row.previous_hash, fields: canonicalFields(row, context) },
  };
}

// The hash chain and the Merkle tree of the double, computed as the product does, so that a page that really recomputes a
// proof can be told from one that only says so.
import { createHash } from "node:crypto";

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const micro = (instant) => instant * 1000;
const dayNumber = (date) => Math.round(Date.parse(`${date}T00:00:00Z`) / 86_400_000);

/** The fields of canonical encoding, version 1, in their order. `context` is the stored text. */
export function canonicalFields(row, context) {
  const text = (name, value) => ({ name, type: "text", value: value ?? null });
  const integer = (name, value) => ({ name, type: "integer", value });
  return [
    text("attempt_id", row.attempt_id), text("project_id", "prj_northwind"), integer("sequence", row.sequence), text("user_id", row.user_id), text("source", row.source),
    text("channel", row.channel), integer("received_at", micro(row.at)), integer("logical_date", dayNumber(row.logical_date)), text("outcome", row.outcome),
    text("failure_category", row.failure_category), text("failure_code", row.failure_code), text("failure_message", row.failure_message), text("context", context),
    integer("retry_attempt", row.retry_attempt), { name: "duration_ms", type: "double", value: row.duration_ms }, text("idempotency_key", row.idempotency_key), text("lead_id", row.lead_id),
  ];
}

function encoded(fields) {
  const parts = [Buffer.from([1])];
  for (const { type, value } of fields) {
    if (type === "text") {
      const bytes = value === null ? null : Buffer.from(value);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes ? bytes.length : 0xffffffff);
      parts.push(length, ...(bytes ? [bytes] : []));
    } else {
      const number = Buffer.alloc(8);
      if (type === "double") number.writeDoubleBE(value);
      else number.writeBigInt64BE(BigInt(value));
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

export function inclusionProof(rows, row, context, sealed) {
  const leaves = rows.map((one) => leaf(one.hash));
  const index = rows.indexOf(row);
  const merkle_root = root(leaves).toString("hex");
  return {
    attempt_id: row.attempt_id, date: row.logical_date, sequence: row.sequence, attempt_hash: row.hash, leaf_hash: leaf(row.hash).toString("hex"), leaf_index: index, tree_size: rows.length,
    path: path(index, leaves).map((hash) => hash.toString("hex")), root: merkle_root, seal: { ...sealed, merkle_root },
    canonical: { version: 1, previous_hash: row.previous_hash, fields: canonicalFields(row, context) },
  };
}

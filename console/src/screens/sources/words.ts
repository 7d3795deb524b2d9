/** Small judgements about what is switched on for a source. */
import type { Field, FieldSchema, SchemaVersion, WrittenSchema } from "../../api/schemas";
import type { Webhook, WebhookSecret } from "../../api/ways";

export type SecretState = "valid" | "ending" | "expired" | "revoked";

export function secretState(secret: WebhookSecret, now: number): SecretState {
  if (secret.revoked_at !== null) return "revoked";
  if (secret.expires_at === null) return "valid";
  return secret.expires_at > now ? "ending" : "expired";
}

export function activeSecrets(webhook: Webhook | null, now: number): number {
  return (webhook?.secrets ?? []).filter((secret) => ["valid", "ending"].includes(secretState(secret, now))).length;
}

export const versionOf = (schema: FieldSchema, version: number | null): SchemaVersion | null => schema.versions.find((other) => other.version === version) ?? null;

/** What submissions are judged by while a version is on: its fields, or the built-in rules when there is none. */
export function heldBy(schema: FieldSchema & { builtin: Field[] }, version: number | null): WrittenSchema {
  return versionOf(schema, version) ?? { fields: schema.builtin, unknown_fields: "allow" };
}

/** "you", "a key", or the member's id: `member:mem_1`, `key:key_2`. */
export function authorWords(author: string, memberId: string): string {
  const [kind, id = ""] = author.split(":", 2);
  if (kind === "member") return id === memberId ? "you" : "another member";
  return kind === "key" ? "an API key" : author;
}

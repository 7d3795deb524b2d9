/** Small judgements about what is switched on for a source. */
import type { FieldSchema, SchemaVersion } from "../../api/schemas";
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

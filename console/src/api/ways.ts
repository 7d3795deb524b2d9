/** Ways in: what is switched on for a source. Forms that web pages post, webhooks with their secrets. */
import { Decoder, boolean, instant, list, nullable, object, text } from "./decode";
import { newRequestId, send } from "./client";
import { enveloped } from "./envelope";

const form = object({
  source: text,
  is_enabled: boolean,
  redirect_targets: list(text),
  success_redirect: nullable(text),
  failure_redirect: nullable(text),
  allowed_origins: list(text),
  honeypot: text,
  snippet: text,
  updated_at: instant,
});
export type Form = ReturnType<typeof form>;
export type FormSettings = Omit<Form, "source" | "snippet" | "updated_at">;

const webhookSecret = object({
  secret_id: text,
  prefix: text,
  created_at: instant,
  expires_at: nullable(instant),
  revoked_at: nullable(instant),
  last_used_at: nullable(instant),
});
export type WebhookSecret = ReturnType<typeof webhookSecret>;
const webhook = object({ source: text, secrets: list(webhookSecret) });
export type Webhook = ReturnType<typeof webhook>;

const ignored: Decoder<null> = () => null;
export const projectPath = (projectId: string, ...rest: string[]) => ["/v1/projects", projectId, ...rest].map((part, index) => (index === 0 ? part : encodeURIComponent(part))).join("/");

export const listForms = (projectId: string, signal: AbortSignal) =>
  send({ path: projectPath(projectId, "forms"), signal }, enveloped(object({ forms: list(form) })));

export const putForm = (projectId: string, source: string, settings: FormSettings) =>
  send({ method: "PUT", path: projectPath(projectId, "forms", source), body: settings }, form);

export const deleteForm = (projectId: string, source: string) =>
  send({ method: "DELETE", path: projectPath(projectId, "forms", source) }, ignored);

export const listWebhooks = (projectId: string, signal: AbortSignal) =>
  send({ path: projectPath(projectId, "webhooks"), signal }, enveloped(object({ webhooks: list(webhook) })));

const madeSecret = object({ secret_id: text, secret: text });

/** The secret is answered this once. The ones before it stay good for `overlapSeconds`, so that senders can change over. */
export const createSecret = (projectId: string, source: string, overlapSeconds: number | null) =>
  send({
    method: "POST", path: projectPath(projectId, "webhooks", source, "secrets"), idempotencyKey: newRequestId(),
    body: overlapSeconds === null ? {} : { expires_previous_in_seconds: overlapSeconds },
  }, madeSecret);

export const revokeSecret = (projectId: string, source: string, secretId: string) =>
  send({ method: "DELETE", path: projectPath(projectId, "webhooks", source, "secrets", secretId) }, ignored);

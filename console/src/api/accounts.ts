/** Sign-in, projects and API keys. */
import { Decoder, instant, list, member, nullable, object, optional, text } from "./decode";
import { send } from "./client";

export interface Project {
  project_id: string;
  name: string;
  time_zone: string;
  region: string;
}

export interface Session {
  token: string;
  expiresAt: number | null;
  member: { member_id: string; email: string; role: string };
  organisation: { organisation_id: string; name: string };
  projects: Project[];
  environment: string;
}

export interface ApiKey {
  key_id: string;
  prefix: string;
  name: string;
  scopes: string[];
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  revoked_at: number | null;
}

const project: Decoder<Project> = object({
  project_id: text,
  name: text,
  time_zone: optional(text, "UTC"),
  region: optional(text, ""),
});

function session(knownToken?: string): Decoder<Session> {
  const decode = object({
    token: knownToken === undefined ? text : optional(text, knownToken),
    expires_at: nullable(instant),
    member: object({ member_id: text, email: text, role: text }),
    organisation: object({ organisation_id: text, name: text }),
    projects: list(project),
    environment: optional(text, "prod"),
  });
  return (value, at) => {
    const { expires_at, ...rest } = decode(value, at);
    return { ...rest, token: knownToken ?? rest.token, expiresAt: expires_at };
  };
}

const keyShape = {
  key_id: text,
  prefix: optional(text, ""),
  name: optional(text, ""),
  scopes: optional(list(text), []),
  created_at: instant,
  expires_at: nullable(instant),
  last_used_at: nullable(instant),
  revoked_at: nullable(instant),
};
const apiKey: Decoder<ApiKey> = object(keyShape);
const createdKey: Decoder<ApiKey & { api_key: string }> = object({ ...keyShape, api_key: text });
const ignored: Decoder<null> = () => null;

export const signIn = (email: string, password: string) =>
  send({ method: "POST", path: "/v1/session", body: { email, password } }, session());

export const currentSession = (token: string) => send({ path: "/v1/session" }, session(token));
export const signOut = () => send({ method: "DELETE", path: "/v1/session" }, ignored);

const createdProject: Decoder<Project & { api_key: string | null }> = (value, at) => ({
  ...project(value, at),
  api_key: member("api_key", nullable(text))(value, at),
});

/** The new project, and its first API key where the server makes one; the key is shown this once. */
export const createProject = (body: { name: string; time_zone: string; region: string }) =>
  send({ method: "POST", path: "/v1/projects", body }, createdProject);

const keysPath = (projectId: string) => `/v1/projects/${encodeURIComponent(projectId)}/keys`;

export const listKeys = (projectId: string, signal: AbortSignal) =>
  send({ path: keysPath(projectId), signal }, member("keys", list(apiKey)));

export const createKey = (projectId: string, body: { name: string; scopes: string[]; expires_at?: string }) =>
  send({ method: "POST", path: keysPath(projectId), body }, createdKey);

export const revokeKey = (projectId: string, keyId: string) =>
  send({ method: "DELETE", path: `${keysPath(projectId)}/${encodeURIComponent(keyId)}` }, ignored);

/** What the backend answers, and how to ask it. */

export interface Page<T> {
  count: number;
  results: T[];
}

export interface Member {
  id: number;
  username: string;
  name: string;
  joined: string;
  bio: string;
  home: string;
  avatar: string;
  sightings?: number;
}

export type Kind = "image" | "sound" | "document";

export interface Upload {
  id: number;
  title: string;
  kind: Kind;
  name: string;
  url: string;
  thumbnail: string;
  size: number;
  sha256: string;
  owner: string;
  created_at: string;
}

export interface Sighting {
  id: number;
  reference: string;
  species: string;
  latin_name: string;
  place: string;
  observer: string;
  seen_at: string;
  individuals: number;
  note: string;
  tags: string[];
  comments: number;
}

export interface ServiceReport {
  up: boolean;
  detail: string;
  ms: number;
  bytes?: number;
  keys?: number;
  queued?: number;
}

export type Counts = Record<
  "users" | "sightings" | "comments" | "species" | "places" | "uploads",
  number
>;

export interface StatusReport {
  ok: boolean;
  services: Record<"db" | "migrations" | "cache" | "media" | "static", ServiceReport>;
  counts: Counts | null;
}

/** The answer's JSON; throws an Error with the server's own words where it has some. */
async function json<T>(response: Response): Promise<T> {
  const body = await response.json().catch(() => undefined);
  if (!response.ok || body === undefined) {
    throw new Error(body?.error ?? `the server answered ${response.status}`);
  }
  return body as T;
}

export async function get<T>(path: string): Promise<T> {
  return json<T>(await fetch(path));
}

export async function post<T>(path: string, body: FormData): Promise<T> {
  return json<T>(await fetch(path, { method: "POST", body }));
}

/** The status report comes with 503 too, when a service behind the backend is away. */
export async function getStatus(): Promise<StatusReport> {
  const response = await fetch("/api/status/");
  const report = await response.json().catch(() => undefined);
  if (!report?.services) throw new Error(`the server answered ${response.status}`);
  return report as StatusReport;
}

import type { Login, User } from "./types";

/** Why a request failed, in the words of the server's application/problem+json where it sent one. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string | null,
    readonly errors: { field: string; reason: string }[],
  ) {
    super(detail ?? title);
  }
}

const BASE = "/api/v1";

// The access token lives here and nowhere else: not in storage, not in a URL.
let accessToken: string | null = null;
let refreshing: Promise<User | null> | null = null;
let onSignedOut: () => void = () => undefined;

export function whenSignedOut(f: () => void): void {
  onSignedOut = f;
}

export async function login(email: string, password: string): Promise<User> {
  const answer = await send("POST", "/auth/login", { email, password }, null);
  if (!answer.ok) throw await problem(answer);
  return adopt((await answer.json()) as Login);
}

export async function logout(): Promise<void> {
  await request("POST", "/auth/logout").catch(() => undefined);
  accessToken = null;
  onSignedOut();
}

/** Trades the refresh cookie for an access token; null when there is none or it has ended. */
export function refresh(): Promise<User | null> {
  refreshing ??= oneTabAtATime(refreshNow).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function refreshNow(): Promise<User | null> {
  const answer = await send("POST", "/auth/refresh", undefined, null);
  if (answer.ok) return adopt((await answer.json()) as Login);
  if (answer.status >= 500) throw await problem(answer);
  accessToken = null;
  return null;
}

/** The cookie rotates at every use, so two tabs that refresh together would sign each other out. */
function oneTabAtATime<T>(f: () => Promise<T>): Promise<T> {
  // Locks exist only on https and localhost; elsewhere the race is rare and costs one sign-in.
  if (!("locks" in navigator)) return f();
  return navigator.locks.request("stationmaster-refresh", f) as Promise<T>;
}

function adopt(answer: Login): User {
  accessToken = answer.access_token;
  return answer.user;
}

/** A request with the access token; an expired one is renewed once, then the login page takes over. */
export async function authorized(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const used = accessToken;
  let answer = await send(method, path, body, used, signal);
  if (answer.status !== 401) return answer;
  if (used === accessToken && (await refresh()) === null) {
    onSignedOut();
    return answer;
  }
  answer = await send(method, path, body, accessToken, signal);
  if (answer.status === 401) onSignedOut();
  return answer;
}

export async function request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const answer = await authorized(method, path, body, signal);
  if (!answer.ok) throw await problem(answer);
  if (answer.status === 204) return undefined as T;
  return (await answer.json()) as T;
}

export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return request<T>("GET", path, undefined, signal);
}

export function post<T>(path: string, body: unknown = {}): Promise<T> {
  return request<T>("POST", path, body);
}

/** `?a=1&b=2` from what is set; empty values are left out. */
export function query(values: Record<string, string | number | boolean | null | undefined>): string {
  const given = Object.entries(values).filter(([, v]) => v !== undefined && v !== null && v !== "");
  if (given.length === 0) return "";
  return "?" + new URLSearchParams(given.map(([k, v]) => [k, String(v)])).toString();
}

export const segment = encodeURIComponent;

async function send(method: string, path: string, body: unknown, token: string | null, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(BASE + path, {
      method,
      headers,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "The server can't be reached", "Check the network, then try again.", []);
  }
}

async function problem(answer: Response): Promise<ApiError> {
  const fallback = answer.status >= 500 ? "The server has a problem" : `The server said ${answer.status}`;
  try {
    const told = (await answer.json()) as Record<string, unknown>;
    return new ApiError(
      answer.status,
      typeof told.title === "string" ? told.title : fallback,
      typeof told.detail === "string" && told.detail ? told.detail : null,
      Array.isArray(told.errors) ? (told.errors as { field: string; reason: string }[]) : [],
    );
  } catch {
    return new ApiError(answer.status, fallback, null, []);
  }
}

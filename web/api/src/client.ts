import createClient from "openapi-fetch";
import type { paths } from "./schema";
import type { AuthenticatorApp, Login, Setup, User } from "./shapes";

export interface FieldError {
  field: string;
  reason: string;
}

/** A reason as the server gives it: a sentence in English, and what it was made of. */
export interface Reason {
  reason: string;
  code?: string;
  values?: Record<string, string | number>;
}

/** Why a request failed. `message` is a sentence for people; `status` is for programs, 0 when there was no answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly fields: FieldError[] = [],
  ) {
    super(message);
  }
}

/** The sentences this package says itself; the application gives them in its own language. */
export const sentences = {
  unreachable: "The server can't be reached. Check the network, then try again.",
  trouble: "The server has a problem at the moment. Please try again shortly.",
  failed: "That did not work.",
  /** A reason by its code; null where the application has no words for it, and the English stands. */
  said: (() => Promise.resolve(null)) as (code: string, values: Record<string, string | number>) => Promise<string | null>,
};

/** These reasons in the language of the application. */
export function inWords<T extends Reason>(told: readonly T[]): Promise<T[]> {
  return Promise.all(told.map(async (each) => ({ ...each, reason: await word(each) })));
}

/** An answer that tells what is wrong with what was sent, rather than refuse it. */
export async function problemsInWords<T extends { problems: Reason[] }>(answer: T): Promise<T> {
  return { ...answer, problems: await inWords(answer.problems) };
}

async function word({ reason, code, values = {} }: Reason): Promise<string> {
  return (code && (await sentences.said(code, values))) || reason;
}

// The access token lives here and nowhere else: not in storage, not in a URL.
let accessToken: string | null = null;
let refreshing: Promise<User | null> | null = null;
let onSignedOut: () => void = () => undefined;

export function whenSignedOut(f: () => void): void {
  onSignedOut = f;
}

/** Every request there is, typed by the OpenAPI document: `answered(client.GET("/api/v1/stations/{station_id}", …))`. */
export const client = createClient<paths>({ baseUrl: "/", fetch: authorized });
/** For what is asked before anybody has signed in. */
export const stranger = createClient<paths>({ baseUrl: "/", fetch: reach });

export interface Answer<T> {
  data?: T | undefined;
  error?: unknown;
  response: Response;
}

/** What the server answered, or an `ApiError` that says why not. */
export async function answered<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (!response.ok) throw await problem(response.status, error);
  return data as T;
}

/** The password was right and is not enough: a code of an app is wanted, or the app is to be set up first. */
export interface HalfLogin {
  step: "code" | "app";
  token: string;
}

/** One thing, and the tag of the version in which it was seen: who changes it sends the tag, so as not to overwrite somebody else's change. */
export interface Tagged<T> {
  value: T;
  tag: string;
}

export async function tagged<T>(asked: Promise<Answer<T>>): Promise<Tagged<T>> {
  const answer = await asked;
  return { value: await answered(Promise.resolve(answer)), tag: answer.response.headers.get("ETag") ?? "*" };
}

/** The header of a change that is refused with 412 when somebody else was quicker. */
export function ifMatch(tag: string): { "If-Match": string } {
  return { "If-Match": tag };
}

export async function login(email: string, password: string): Promise<User | HalfLogin> {
  const answer = await answered(stranger.POST("/api/v1/auth/login", { body: { email, password } }));
  return answer.second_step ? { step: answer.second_step, token: answer.access_token } : adopt(answer);
}

/** What an authenticator app is given, where the role wants a second step and there is none. */
export async function setUpApp(half: HalfLogin): Promise<AuthenticatorApp> {
  return answered(stranger.POST("/api/v1/auth/second-step/app", { headers: bearer(half) }));
}

/** Completes a log-in. `codes` are to be kept, when the app was set up with this code. */
export async function takeSecondStep(half: HalfLogin, code: string): Promise<{ user: User; codes: string[] | null }> {
  const answer = await answered(stranger.POST("/api/v1/auth/second-step", { body: { code }, headers: bearer(half) }));
  return { user: adopt(answer), codes: answer.recovery_codes };
}

function bearer({ token }: HalfLogin) {
  return { Authorization: `Bearer ${token}` };
}

/** How the first user is made, while there is none, and which ways in there are. */
export async function waysIn(): Promise<Setup> {
  return answered(stranger.GET("/api/v1/auth/setup"));
}

/** A link for a new password, by mail; the answer tells nobody whether there is such an account. */
export async function forgetPassword(email: string): Promise<string> {
  return (await answered(stranger.POST("/api/v1/auth/password-reset", { body: { email } }))).detail;
}

/** Uses an invitation, or a link for a new password. */
export async function choosePassword(token: string, password: string): Promise<void> {
  await answered(stranger.POST("/api/v1/auth/new-password", { body: { token, password } }));
}

/** Uses a link that confirms an address. */
export async function confirmAddress(token: string): Promise<void> {
  await answered(stranger.POST("/api/v1/auth/confirmation", { body: { token } }));
}

/** Another password for whoever is signed in; their other log-ins end, this one goes on. */
export async function changePassword(current: string, wanted: string): Promise<User> {
  return adopt(await answered(client.POST("/api/v1/auth/password", { body: { current, new: wanted } })));
}

/** Begins to set up an authenticator app; it counts once a code of it is confirmed. */
export async function beginApp(password: string): Promise<AuthenticatorApp> {
  return answered(client.POST("/api/v1/auth/app", { body: { password } }));
}

/** The app shows this code, so it counts from now on: all other log-ins end, this one goes on. */
export async function confirmApp(code: string): Promise<{ user: User; codes: string[] }> {
  const answer = await answered(client.POST("/api/v1/auth/app/confirmation", { body: { code } }));
  return { user: adopt(answer), codes: answer.recovery_codes ?? [] };
}

/** Ten new codes to keep; the old ones work no more. */
export async function renewCodes(code: string): Promise<string[]> {
  return (await answered(client.POST("/api/v1/auth/app/recovery-codes", { body: { code } }))).recovery_codes;
}

/** Signing in has one step again. */
export async function removeApp(code: string): Promise<void> {
  await answered(client.POST("/api/v1/auth/app/removal", { body: { code } }));
}

/** Another address to sign in with, once it is confirmed by a link mailed to it; the answer is a sentence. */
export async function changeAddress(email: string, password: string): Promise<string> {
  return (await answered(client.POST("/api/v1/auth/email", { body: { email, password } }))).detail;
}

export async function logout(): Promise<void> {
  await client.POST("/api/v1/auth/logout").catch(() => undefined);
  accessToken = null;
  onSignedOut();
  tellNothingHere();
}

/** Ends every log-in of whoever is signed in, on every device; they sign in anew. */
export async function logoutEverywhere(): Promise<void> {
  await answered(client.POST("/api/v1/auth/logout-everywhere"));
  accessToken = null;
  onSignedOut();
  tellNothingHere();
}

/** What is for whoever signs out is not shown on this device any more, as the server knows; the browser gives its address there back. */
function tellNothingHere(): void {
  if (!("serviceWorker" in navigator)) return;
  void navigator.serviceWorker
    .getRegistration()
    .then((worker) => worker?.pushManager.getSubscription())
    .then((subscription) => subscription?.unsubscribe())
    .catch(() => undefined);
}

/** Trades the refresh cookie for an access token; null when there is none or it has ended. */
export function refresh(): Promise<User | null> {
  refreshing ??= oneTabAtATime(refreshNow).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function refreshNow(): Promise<User | null> {
  const { data, error, response } = await stranger.POST("/api/v1/auth/refresh");
  if (data) return adopt(data);
  if (response.status >= 500) throw await problem(response.status, error);
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
async function authorized(request: Request): Promise<Response> {
  const used = accessToken;
  const again = request.clone();
  let answer = await reach(signed(request, used));
  if (answer.status !== 401) return answer;
  if (used === accessToken && (await refresh()) === null) {
    onSignedOut();
    return answer;
  }
  answer = await reach(signed(again, accessToken));
  if (answer.status === 401) onSignedOut();
  return answer;
}

function signed(request: Request, token: string | null): Request {
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  return request;
}

async function reach(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, sentences.unreachable);
  }
}

/** A sentence from the server's application/problem+json, which people can be shown as it is. */
export async function problem(status: number, told: unknown): Promise<ApiError> {
  const said = typeof told === "object" && told !== null ? (told as Record<string, unknown>) : {};
  const fields = Array.isArray(said.errors) ? await inWords(said.errors as (FieldError & Reason)[]) : [];
  if (status >= 500) return new ApiError(status, sentences.trouble, fields);
  const [whole] = await inWords([{ ...said, reason: said.detail } as Reason]);
  const detail = fields.length > 0 ? fields.map((f) => `${f.field} ${f.reason}`).join("; ") : whole?.reason;
  return new ApiError(status, typeof detail === "string" && detail ? sentence(detail) : sentences.failed, fields);
}

/** "a card has this number" is "A card has this number." */
export function sentence(text: string): string {
  const trimmed = text.trim();
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1) + (/[.!?…]$/.test(trimmed) ? "" : ".");
}

// Asking Mailwright's REST interface: JSON both ways, the CSRF header, and errors as one class.

export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Record<string, unknown> = {},
    readonly requestId: string | null = null,
  ) {
    super(asSentence(message));
  }
}

/** The server's reasons are parts of a log line; people read sentences. An address stays as it is written. */
export function asSentence(text: string): string {
  const begun = /^\S+@/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(begun) || begun === '' ? begun : `${begun}.`;
}

/** What to do when the server no longer knows who asks; `session.ts` sets it. */
let onSignedOut: () => void = () => undefined;

export function whenSignedOut(act: () => void): void {
  onSignedOut = act;
}

type Body = Record<string, unknown> | unknown[];
interface Options {
  signal?: AbortSignal;
  /** Sent as the query; null and undefined are left out. */
  query?: Record<string, string | number | boolean | null | undefined>;
}

let csrf: string | null = null;

/** The session brings it; every request that changes something carries it. */
export function setCsrf(token: string | null): void {
  csrf = token;
}

/** Also says that a page asks: the server then does not make the browser ask for a password when a session has ended. */
export function csrfHeaders(): Record<string, string> {
  return { 'X-Requested-With': 'fetch', ...(csrf ? { 'X-CSRF-Token': csrf } : {}) };
}

export const api = {
  get: <T>(path: string, options?: Options) => ask<T>('GET', path, undefined, options),
  post: <T>(path: string, body?: Body, options?: Options) => ask<T>('POST', path, body, options),
  put: <T>(path: string, body?: Body, options?: Options) => ask<T>('PUT', path, body, options),
  patch: <T>(path: string, body?: Body, options?: Options) => ask<T>('PATCH', path, body, options),
  delete: <T>(path: string, options?: Options) => ask<T>('DELETE', path, undefined, options),
};

/**
 * Fetches from this server with the CSRF header. Another tab may have signed in anew: then the token is another, and what was
 * refused for the old one is asked once more. Throws ApiError `offline`, or AbortError.
 */
export async function reach(path: string, init: RequestInit = {}): Promise<Response> {
  const send = () =>
    fetch(path, {
      credentials: 'same-origin',
      ...init,
      headers: { ...(init.headers as Record<string, string>), ...csrfHeaders() },
    });
  try {
    const response = await send();
    if (response.status !== 403 || !init.method || init.method === 'GET') return response;
    const before = csrf;
    const session = await fetch('/api/session', {
      credentials: 'same-origin',
      headers: { Accept: 'application/json' },
    });
    if (session.ok) setCsrf(((await session.json()) as { csrf: string }).csrf);
    return csrf === before ? response : await send();
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === 'AbortError') throw failure;
    throw new ApiError(0, 'offline', 'The server cannot be reached. Check the connection and try again.');
  }
}

async function ask<T>(method: string, path: string, body?: Body, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const response = await reach(withQuery(path, options.query), {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (!response.ok) throw await errorOf(response);
  return (response.status === 204 ? undefined : await response.json().catch(() => undefined)) as T;
}

/** The envelope `{"error": {code, message, details, request_id}}`, or RFC 7807's title and detail, or the status alone. */
export async function errorOf(response: Response): Promise<ApiError> {
  if (response.status === 401) onSignedOut();
  const answer = (await response.json().catch(() => null)) as Record<string, unknown> | null;
  const error = answer?.error as
    | { code?: string; message?: string; details?: Record<string, unknown>; request_id?: string }
    | undefined;
  if (error?.code) {
    return new ApiError(response.status, error.code, error.message ?? error.code, error.details, error.request_id);
  }
  const problem = answer as { type?: string; title?: string; detail?: string } | null;
  const text = problem?.detail ?? problem?.title ?? `The server answered ${response.status}.`;
  return new ApiError(response.status, problem?.type ?? 'unknown', text);
}

function withQuery(path: string, query: Options['query']): string {
  const pairs = Object.entries(query ?? {}).filter(
    ([, value]) => value !== null && value !== undefined && value !== '',
  );
  if (pairs.length === 0) return path;
  return `${path}?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)]))}`;
}

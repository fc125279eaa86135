// Who is signed in: read once, kept in the query cache, and the source of the CSRF token.
import { queryOptions, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { queries } from './queries';
import { ApiError, api, setCsrf, whenSignedOut } from './rest';

export type Role = 'admin' | 'support' | 'user' | 'guest';
export interface User {
  id: string;
  email: string;
  name: string;
  role: Role;
  operator: boolean;
  has_mailbox: boolean;
  plan: string;
}
export interface Session {
  user: User;
  csrf: string;
  session: { id: string; expires_at: string; authenticated_by: string };
  brand: { name: string; support_email?: string };
}

/** null: nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  staleTime: 5 * 60_000,
  retry: (count, failure) => count < 2 && failure instanceof ApiError && failure.status === 0,
  queryFn: async (): Promise<Session | null> => {
    try {
      return keepSession(await api.get<Session>('/api/session'));
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 401) return null;
      throw failure;
    }
  },
});

whenSignedOut(() => void leaveWhenSignedOut());
let looking = false;

/** A session that ended elsewhere: once the server says so itself, one signs in again and comes back here. */
async function leaveWhenSignedOut(): Promise<void> {
  if (looking || !queries.getQueryData(sessionQuery.queryKey)) return; // nobody was signed in
  looking = true;
  try {
    const response = await fetch('/api/session', {
      credentials: 'same-origin',
      headers: { Accept: 'application/json' },
    });
    if (response.status !== 401) return;
    const here = window.location.pathname.replace(/^\/app/, '') + window.location.search;
    window.location.assign(`/app/sign-in?${new URLSearchParams({ next: here })}`);
  } finally {
    looking = false;
  }
}

/** After signing in: the answer of POST /api/session or of redeeming a link. */
export function keepSession(session: Session): Session {
  setCsrf(session.csrf);
  queries.setQueryData(['session'], session);
  return session;
}

/** The session inside pages that need one: the router has made sure of it. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(sessionQuery);
  if (!data) throw new ApiError(401, 'authentication_failed', 'Please sign in.');
  return data;
}

export function useMaybeSession(): Session | null {
  return useQuery(sessionQuery).data ?? null;
}

/** Ends the session and forgets everything that was read with it. */
export async function signOut(): Promise<void> {
  let go = '/app/sign-in';
  try {
    // Who signed in at a provider signs out there, too; it leads back here.
    const answer = await api.delete<{ go?: string } | undefined>('/api/session');
    go = answer?.go ?? go;
  } finally {
    setCsrf(null);
    queries.clear();
    window.location.assign(go);
  }
}

export function mayAdminister(user: User): boolean {
  return user.role === 'admin' || user.role === 'support';
}

// Signing in at a provider elsewhere: which ones there are for an address, the way there, and what went wrong on it.
import { useQuery } from '@tanstack/react-query';
import { api } from '@/api/rest';
import type { Session } from '@/api/session';

export interface Provider {
  id: string;
  name: string;
}
export interface Offer {
  providers: Provider[];
  /** People of other domains have some, too: they see theirs when they type their address. */
  more: boolean;
}

/** The domain of an address, once it looks like one. */
export function domainOf(email: string): string {
  const domain = email.trim().split('@')[1] ?? '';
  return /^[^\s@.]+(\.[^\s@.]+)+$/.test(domain) ? domain.toLowerCase() : '';
}

export function useOffer(email: string): Offer {
  const domain = domainOf(email);
  const query = useQuery({
    queryKey: ['providers', domain],
    queryFn: ({ signal }) => api.get<Offer>('/api/session/oidc', { query: { domain }, signal }),
    staleTime: 60_000,
    retry: false,
    placeholderData: (before) => before,
  });
  return query.data ?? { providers: [], more: false };
}

/** The page of ours that leads to the provider. `next`: where to be afterwards. */
export function wayTo(provider: Provider, next: string, email: string): string {
  const query = new URLSearchParams({ next, ...(domainOf(email) ? { hint: email.trim() } : {}) });
  return `/api/session/oidc/${encodeURIComponent(provider.id)}?${query}`;
}

export function finish(code: string): Promise<Session & { next: string }> {
  return api.post('/api/session/oidc/code', { code });
}

const FAILURES: Record<string, string> = {
  expired: 'That took too long, or was begun in another browser. Try again.',
  denied: 'The provider did not let you in.',
  unknown: 'Your account there opens none here. Ask your administrator to add or link it.',
  refused: 'Your account may not sign in here.',
  busy: 'Too many people came in the last hour. Try again later.',
  away: 'The provider does not answer. Try again in a moment.',
};

/** What to say of `?error=` in the address; null: nothing. */
export function failureOf(word: string | undefined): string | null {
  if (!word) return null;
  return FAILURES[word] ?? 'The provider’s answer cannot be used. Tell your administrator.';
}

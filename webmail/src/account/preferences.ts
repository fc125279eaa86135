// How somebody wants to be worked for and shown things: kept by the server, read once, changed in part.
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { queries } from '@/api/queries';
import { api } from '@/api/rest';

/** The webmail's own part; free JSON to the server. A missing entry means the first choice named here. */
export interface Display {
  density?: 'comfortable' | 'compact';
  /** Remote pictures in mail: after a click, or always through our proxy. */
  pictures?: 'ask' | 'proxied';
  /** When an opened message counts as read. */
  markRead?: 'at-once' | 'after-two-seconds' | 'by-hand';
  /** What the composer begins with. */
  writing?: 'rich' | 'plain';
  /** Mail leaves at once. `undo_seconds` 0 alone means that nothing was chosen, and the webmail offers ten seconds. */
  undoOff?: boolean;
}

export interface Preferences {
  time_zone: string;
  tone: string;
  undo_seconds: number;
  default_action: string;
  locale: string;
  reach_by: string;
  /** `22:00`; empty: none. */
  quiet_from: string;
  quiet_until: string;
  agenda_at: string;
  display: Display;
}

export type PreferencesChange = Partial<Preferences>;

export const preferencesQuery = queryOptions({
  queryKey: ['preferences'],
  staleTime: 5 * 60_000,
  queryFn: () => api.get<Preferences>('/api/account/preferences'),
});

export const browserTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The person's time zone; the browser's until the server has told. */
export function useTimeZone(): string {
  return useQuery(preferencesQuery).data?.time_zone || browserTimeZone();
}

/** What is chosen for the display, `{}` while unknown. */
export function useDisplay(): Display {
  return useQuery(preferencesQuery).data?.display ?? {};
}

/** Changes what is given. `display` is merged into what is there, for the server replaces it whole. */
export async function changePreferences(change: PreferencesChange): Promise<Preferences> {
  const whole = change.display
    ? { ...change, display: { ...(await queries.ensureQueryData(preferencesQuery)).display, ...change.display } }
    : change;
  return api.patch<Preferences>('/api/account/preferences', whole);
}

/** `changePreferences` for components: the new value shows at once and is taken back when the server refuses. */
export function useChangePreferences() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: changePreferences,
    onMutate: (change) => {
      const before = client.getQueryData(preferencesQuery.queryKey);
      if (before) {
        client.setQueryData(preferencesQuery.queryKey, {
          ...before,
          ...change,
          display: { ...before.display, ...change.display },
        });
      }
      return before;
    },
    onSuccess: (after) => client.setQueryData(preferencesQuery.queryKey, after),
    onError: (_failure, _change, before) => before && client.setQueryData(preferencesQuery.queryKey, before),
  });
}

// Follow-ups as the server tells them: what is to be done when, and what words mean.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from '@/api/rest';

export type FollowupStatus =
  | 'clarifying'
  | 'pending'
  | 'due'
  | 'executing'
  | 'sending'
  | 'done'
  | 'cancelled'
  | 'failed';
export type FollowupAction = 'remind' | 'remind_and_draft' | 'draft';

export interface TimeChoice {
  at: string;
  because: string;
  /** The clocks change there: the time is skipped, or comes twice. */
  note: 'gap' | 'fold' | '';
}
export interface Followup {
  id: string;
  status: FollowupStatus;
  what: string;
  who: string;
  context: string;
  action: FollowupAction;
  /** null while its time is not clear. */
  due_at: string | null;
  /** When it was due before it was put off. */
  planned_at: string | null;
  zone: string;
  phrase: string;
  /** An RRULE (RFC 5545) when it comes again. */
  rule: string;
  choices: TimeChoice[];
  /** Whose answer ends it; empty: anybody's; null: none is waited for. */
  waits_from: string | null;
  channel: 'mail' | 'whatsapp' | 'web';
  language: string;
  email_id: string | null;
  draft_email_id: string | null;
  because: string;
  last_error: string;
  created_at: string;
  updated_at: string;
  completed_at: string | null;
}
export interface FollowupInFull extends Followup {
  history: { at: string; status: FollowupStatus; detail: string }[];
}
export interface When {
  at: string | null;
  rule: string;
  choices: TimeChoice[];
}
export interface Wanted {
  key: string;
  what: string;
  who?: string;
  when?: string;
  due_at?: string;
  action?: FollowupAction;
  email_id?: string;
  if_no_reply?: boolean;
}
interface Page {
  followups: Followup[];
  next: string | null;
}

const POLL_MS = 30_000; // what comes due meanwhile moves on while one looks
const PAGE = 50;

export const FOLLOWUPS = ['user', 'followups'] as const;

export const openQuery = queryOptions({
  queryKey: [...FOLLOWUPS, 'open'],
  refetchInterval: POLL_MS,
  queryFn: async () => {
    const found: Followup[] = [];
    let before: string | null = null;
    do {
      const page: Page = await api.get<Page>('/api/followups', { query: { show: 'open', limit: 200, before } });
      found.push(...page.followups);
      before = page.next;
    } while (before !== null);
    return found;
  },
});
export const endedQuery = infiniteQueryOptions({
  queryKey: [...FOLLOWUPS, 'ended'],
  initialPageParam: null as string | null,
  queryFn: ({ pageParam }) =>
    api.get<Page>('/api/followups', { query: { show: 'ended', limit: PAGE, before: pageParam } }),
  getNextPageParam: ({ next }: Page) => next,
});
export const followupQuery = (id: string) =>
  queryOptions({ queryKey: [...FOLLOWUPS, 'one', id], queryFn: () => api.get<FollowupInFull>(followupPath(id)) });
/** What words mean now; asked while somebody types. */
export const whenQuery = (text: string) =>
  queryOptions({
    queryKey: [...FOLLOWUPS, 'when', text],
    enabled: text !== '',
    staleTime: 10_000,
    placeholderData: (before?: When) => before,
    queryFn: () => api.get<When>('/api/followups/when', { query: { text } }),
  });

export function followupPath(id: string, verb = ''): string {
  return `/api/followups/${encodeURIComponent(id)}${verb ? `/${verb}` : ''}`;
}

// The scribe as the server tells it: mails, their standing while they are written, the queue, batches and templates.
import { infiniteQueryOptions, type Query, type QueryClient, queryOptions } from '@tanstack/react-query';
import { api } from '@/api/rest';
import type {
  Batch,
  Mail,
  MailRow,
  MailStatus,
  Mapping,
  Preview,
  QueueItem,
  Scribe,
  Standing,
  StoredCopy,
  Template,
} from './types';
import { isLeaving } from './words';

const WATCH_MS = 1_000; // somebody looks on while a mail is written
const BUSY_MS = 3_000; // a queue in which something moves
const PAGE = 50;

export const SCRIBE = ['user', 'scribe'] as const;
const MAILS = [...SCRIBE, 'mails'] as const;
const QUEUE = [...SCRIBE, 'queue'] as const;

export const scribeQuery = queryOptions({
  queryKey: [...SCRIBE, 'me'],
  queryFn: () => api.get<Scribe>('/api/scribe'),
});
export const templatesQuery = queryOptions({
  queryKey: [...SCRIBE, 'templates'],
  queryFn: async () => (await api.get<{ templates: Template[] }>('/api/templates')).templates,
});

export interface MailFilter {
  q: string;
  type: string;
  confident: string;
  status: string;
  batch: string;
  deleted: boolean;
}
interface MailPage {
  emails: MailRow[];
  next: string | null;
}
export const mailsQuery = (filter: MailFilter) =>
  infiniteQueryOptions({
    queryKey: [...MAILS, filter],
    initialPageParam: null as string | null,
    placeholderData: (before) => before,
    queryFn: ({ pageParam, signal }) =>
      api.get<MailPage>('/api/email', { signal, query: { ...filter, limit: PAGE, before: pageParam } }),
    getNextPageParam: ({ next }: MailPage) => next,
  });
export const mailQuery = (id: string) =>
  queryOptions({
    queryKey: [...SCRIBE, 'mail', id],
    refetchInterval: (query: Query<Mail>) => (query.state.data && isLeaving(query.state.data.sent) ? BUSY_MS : false),
    queryFn: () => api.get<Mail>(mailPath(id)),
  });
/** How far a mail is; asked every second until it is over. */
export const standingQuery = (id: string) =>
  queryOptions({
    queryKey: [...SCRIBE, 'standing', id],
    staleTime: 0,
    refetchInterval: (query: Query<Standing>) => (isOver(query.state.data) ? false : WATCH_MS),
    queryFn: () => api.get<Standing>(`/api/email/status/${encodeURIComponent(id)}`),
  });
export const copyQuery = (id: string, number: number) =>
  queryOptions({
    queryKey: [...SCRIBE, 'copy', id, number],
    staleTime: Number.POSITIVE_INFINITY, // it is kept as it was read
    queryFn: () => api.get<StoredCopy>(mailPath(id, `sources/${number}`)),
  });

export interface QueueFilter {
  batch: string;
  status: string;
}
interface QueuePage {
  items: QueueItem[];
  next: string | null;
  counts: Partial<Record<MailStatus, number>>;
}
export const queueQuery = (filter: QueueFilter) =>
  infiniteQueryOptions({
    queryKey: [...QUEUE, 'items', filter],
    initialPageParam: null as string | null,
    placeholderData: (before) => before,
    refetchInterval: (query) => {
      const pages = query.state.data?.pages ?? [];
      const leaving = pages.some(({ items }) => items.some(({ sent }) => isLeaving(sent)));
      return leaving || isMoving(pages[0]?.counts) ? BUSY_MS : false;
    },
    queryFn: ({ pageParam }) =>
      api.get<QueuePage>('/api/queue', { query: { ...filter, limit: PAGE, before: pageParam } }),
    getNextPageParam: ({ next }: QueuePage) => next,
  });
export const batchesQuery = queryOptions({
  queryKey: [...QUEUE, 'batches'],
  refetchInterval: (query: Query<Batch[]>) =>
    query.state.data?.some(({ counts }) => isMoving(counts)) ? BUSY_MS : false,
  queryFn: async () => (await api.get<{ batches: Batch[] }>('/api/queue/batches')).batches,
});

export function isOver(standing: Standing | undefined): boolean {
  return standing !== undefined && standing.status !== 'PENDING' && standing.status !== 'STARTED';
}

export function isMoving(counts: Partial<Record<MailStatus, number>> | undefined): boolean {
  return (counts?.PENDING ?? 0) + (counts?.PROCESSING ?? 0) > 0;
}

export function mailPath(id: string, verb = ''): string {
  return `/api/email/${encodeURIComponent(id)}${verb ? `/${verb}` : ''}`;
}
export function batchPath(id: string, verb = ''): string {
  return `/api/queue/batches/${encodeURIComponent(id)}${verb ? `/${verb}` : ''}`;
}

/** A mail as the server gave it after a change; the lists are asked again. */
export function keepMail(client: QueryClient, mail: Mail): void {
  client.setQueryData(mailQuery(mail.id).queryKey, mail);
  void client.invalidateQueries({ queryKey: MAILS });
  void client.invalidateQueries({ queryKey: QUEUE });
  void client.invalidateQueries({ queryKey: scribeQuery.queryKey });
}

/** What a table looks like; `key` names its content. */
export const previewQuery = (key: string, content: string, mapping: Mapping | null, template: string) =>
  queryOptions({
    queryKey: ['scribe-preview', key, mapping, template],
    enabled: content !== '',
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    placeholderData: (before?: Preview) => before,
    queryFn: () =>
      api.post<Preview>('/api/queue/preview', {
        content,
        ...(mapping ? { mapping } : {}),
        ...(template ? { template } : {}),
      }),
  });

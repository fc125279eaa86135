// The assistant as the server tells it: settings, accounts elsewhere, what it made of each mail, rules, VIPs and how one writes.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from '@/api/rest';

export type Category = 'needs_reply' | 'informational' | 'spam';
export type MailKind = 'person' | 'list' | 'receipt' | 'automatic';
export type DraftState = 'none' | 'made' | 'edited' | 'sent' | 'discarded';
export type ConnectionState = 'connecting' | 'connected' | 'delayed' | 'broken' | 'revoked' | 'paused';

export interface AssistantSettings {
  enabled: boolean;
  own_mailbox: boolean;
  has_mailbox: boolean;
  drafts: boolean;
  /** null: the installation's own. */
  threshold: number | null;
  facts: string;
  languages: string[];
  move_spam: boolean;
  learn_style: boolean;
  kept_days: number | null;
  defaults: { threshold: number; kept_days: number };
  /** Because of which stop switch it does nothing; empty: it may work. */
  stopped: string;
}
export type SettingsChange = Partial<Omit<AssistantSettings, 'has_mailbox' | 'defaults' | 'stopped'>>;

export interface Connection {
  id: string;
  kind: 'gmail' | 'imap';
  address: string;
  enabled: boolean;
  state: ConnectionState;
  because: string;
  looked_at: string | null;
}
export interface Connections {
  connections: Connection[];
  /** Whether a Gmail account, and an IMAP account, can be connected here. */
  gmail: boolean;
  imap: boolean;
  most: number;
  /** What `?error=` of this page means. */
  failures: Record<string, string>;
}
export interface Summary {
  enabled: boolean;
  stopped: string;
  mailbox: { address: string; served: boolean } | null;
  today: { since: string; needs_reply: number; informational: number; spam: number; undecided: number };
  drafts_waiting: number;
  tasks: Record<string, number>;
  style_learned: boolean;
}
export interface Draft {
  state: DraftState | null;
  because: string;
  draft_id: string | null;
  /** What it says that must be true; of these, what nothing supports and is a gap. */
  claims: number;
  unsupported: number;
}
export interface Item {
  id: string;
  source: 'mailbox' | 'gmail' | 'imap';
  connection_id: string | null;
  email_id: string;
  sender: { address: string; name: string };
  subject: string;
  kind: MailKind | null;
  language: string | null;
  vip: boolean;
  category: Category | null;
  confidence: number;
  because: string;
  decided_by: string | null;
  corrected_from: Category | null;
  corrected_at: string | null;
  draft: Draft;
  task_id: string | null;
  received_at: string;
}
export interface Claim {
  kind: string;
  text: string;
  support: '' | 'thread' | 'owner';
  source: string;
}
export interface ItemInFull extends Item {
  draft: Draft & { text: string | null; checked: Claim[] };
  history: { at: string; status: string; stage: string; detail: string }[];
  rule: Rule | null;
}
export interface Rule {
  id: string;
  sender: string;
  kind: MailKind | null;
  category: Category;
  made_by: 'owner' | 'correction';
  times: number;
  used: number;
  enabled: boolean;
  created_at: string;
}
export interface Style {
  note: string;
  learned: string;
  in_use: string;
  samples: number;
  learned_at: string | null;
  edited_at: string | null;
}

const POLL_MS = 15_000; // what it makes of new mail appears while one looks
const SOON_MS = 3_000;
const PAGE = 25;

/** Everything of the assistant: one correction changes items, rules and counts. */
export const ASSISTANT = ['user', 'assistant'] as const;

export const settingsQuery = queryOptions({
  queryKey: [...ASSISTANT, 'settings'],
  queryFn: () => api.get<AssistantSettings>('/api/assistant/settings'),
});
export const summaryQuery = queryOptions({
  queryKey: [...ASSISTANT, 'summary'],
  refetchInterval: POLL_MS,
  queryFn: () => api.get<Summary>('/api/assistant/summary'),
});
export const connectionsQuery = queryOptions({
  queryKey: [...ASSISTANT, 'connections'],
  refetchInterval: ({ state }) =>
    state.data?.connections.some((one) => one.state === 'connecting') ? SOON_MS : POLL_MS,
  queryFn: () => api.get<Connections>('/api/connections'),
});
export interface Filter {
  category: Category | 'undecided' | '';
  draft: 'waiting' | '';
  q: string;
}
export interface ItemPage {
  items: Item[];
  next: string | null;
}
export const itemsQuery = (filter: Filter) =>
  infiniteQueryOptions({
    queryKey: [...ASSISTANT, 'items', filter],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      api.get<ItemPage>('/api/assistant/items', { query: { ...filter, limit: PAGE, before: pageParam } }),
    getNextPageParam: ({ next }: ItemPage) => next,
    refetchInterval: POLL_MS,
  });
export const itemQuery = (id: string) =>
  queryOptions({
    queryKey: [...ASSISTANT, 'item', id],
    staleTime: SOON_MS,
    queryFn: () => api.get<ItemInFull>(itemPath(id)),
  });
export const rulesQuery = queryOptions({
  queryKey: [...ASSISTANT, 'rules'],
  queryFn: () => api.get<{ rules: Rule[] }>('/api/assistant/rules').then(({ rules }) => rules),
});
export const vipsQuery = queryOptions({
  queryKey: [...ASSISTANT, 'vips'],
  queryFn: () => api.get<{ vips: string[] }>('/api/assistant/vips').then(({ vips }) => vips),
});
export const styleQuery = queryOptions({
  queryKey: [...ASSISTANT, 'style'],
  queryFn: () => api.get<Style>('/api/assistant/style'),
});

export function itemPath(id: string, verb = ''): string {
  return `/api/assistant/items/${encodeURIComponent(id)}${verb ? `/${verb}` : ''}`;
}

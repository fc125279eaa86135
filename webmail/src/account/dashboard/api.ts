// What the dashboard reads: usage, plan, tasks and agents.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from '@/api/rest';
import type { Tone } from '@/ui/Badge';

export interface Usage {
  tasks_used: number;
  tasks_limit: number | null;
  plan: string;
  plan_name: string;
  period: { from: string; to: string } | null;
  mailbox: { used_bytes: number; quota_bytes: number | null } | null;
}
export interface Subscription {
  plan: string;
  plan_name: string;
  renewal_date: string | null;
  /** It was cancelled, and lasts until then. */
  ends_at: string | null;
  status: string;
  /** There is a page of the payment service with cards and invoices. */
  manageable: boolean;
  /** A payment is missing. */
  dunning: { state: string; because: string } | null;
}
export interface Plan {
  id: string;
  name: string;
  price_usd_month: number;
  tasks: number | null;
  period: 'ever' | 'month' | 'year';
  for_sale: boolean;
}
export interface Task {
  id: string;
  agent: string;
  kind: string;
  subject: string | null;
  status: string;
  stage: string | null;
  because: string | null;
  created_at: string;
  completed_at: string | null;
  seconds: number | null;
  cost_usd: number | null;
  tokens: number | null;
  message_id: string | null;
}
export interface TaskTrace extends Task {
  events: { at: string; status: string; stage: string | null; detail: unknown }[];
  model_calls: {
    purpose: string;
    model: string;
    input_tokens: number;
    output_tokens: number;
    cost_usd: number | null;
    seconds: number | null;
    outcome: string;
  }[];
}
export interface Agent {
  id: string;
  agent: string;
  name: string;
  email: string | null;
  enabled: boolean;
  description: string;
}

const POLL_MS = 15_000; // a task takes seconds to minutes; nobody waits longer than this to see it change
const PAGE = 20;

export const usageQuery = queryOptions({
  queryKey: ['user', 'usage'],
  refetchInterval: POLL_MS,
  queryFn: () => api.get<Usage>('/api/user/usage'),
});
export const subscriptionQuery = queryOptions({
  queryKey: ['user', 'subscription'],
  queryFn: () => api.get<Subscription>('/api/user/subscription'),
});
export const plansQuery = queryOptions({
  queryKey: ['user', 'plans'],
  queryFn: () => api.get<{ plans: Plan[] }>('/api/user/plans').then(({ plans }) => plans),
});
export const agentsQuery = queryOptions({
  queryKey: ['user', 'agents'],
  queryFn: () => api.get<{ agents: Agent[] }>('/api/user/agents').then(({ agents }) => agents),
});
export const tasksQuery = (status: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['user', 'tasks', status ?? 'all'],
    refetchInterval: POLL_MS,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      api.get<{ tasks: Task[]; next: string | null }>('/api/user/tasks', {
        query: { limit: PAGE, before: pageParam, status },
      }),
    getNextPageParam: ({ next }) => next,
  });
export const taskQuery = (id: string) =>
  queryOptions({
    queryKey: ['user', 'task', id],
    refetchInterval: ({ state }) => (state.data && isOver(state.data) ? false : POLL_MS / 3),
    queryFn: () => api.get<TaskTrace>(`/api/user/tasks/${encodeURIComponent(id)}`),
  });

export function isOver({ status }: { status: string }): boolean {
  return ['complete', 'failed', 'skipped', 'cancelled'].includes(status);
}

const STATUSES: Record<string, { label: string; tone: Tone }> = {
  queued: { label: 'Queued', tone: 'neutral' },
  running: { label: 'Running', tone: 'accent' },
  waiting: { label: 'Waiting', tone: 'warning' },
  complete: { label: 'Done', tone: 'success' },
  failed: { label: 'Failed', tone: 'danger' },
  skipped: { label: 'Skipped', tone: 'neutral' },
  cancelled: { label: 'Cancelled', tone: 'neutral' },
};

export function statusOf(status: string): { label: string; tone: Tone } {
  return STATUSES[status] ?? { label: sentence(status), tone: 'neutral' };
}

export const FILTERS = Object.entries(STATUSES).map(([value, { label }]) => ({ value, label }));

const STAGES: Record<string, string> = {
  gather: 'reading',
  think: 'thinking',
  decide: 'deciding',
  work: 'working',
  act: 'answering',
};

/** What a running task is doing now, in a word; empty when it is not known. */
export function stageOf({ status, stage }: { status: string; stage: string | null }): string {
  return status === 'running' && stage ? (STAGES[stage] ?? stage) : '';
}

/** What a plan gives, as "50 tasks a year". */
export function allowance({ tasks, period }: Plan): string {
  if (tasks === null) return 'Unlimited tasks';
  return `${tasks.toLocaleString()} tasks${period === 'ever' ? '' : ` a ${period}`}`;
}

/** What a plan costs, as "$20 a month". */
export function price({ price_usd_month: usd }: Plan): string {
  return usd === 0 ? 'Free' : `$${usd.toLocaleString(undefined, { maximumFractionDigits: 2 })} a month`;
}

/** `needs_reply` → `Needs reply`. */
export function sentence(word: string): string {
  const words = word.replace(/[_-]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What an event says beside its stage: text, or the `because` and other short facts of an object. */
export function detailText(detail: unknown): string {
  if (detail === null || detail === undefined) return '';
  if (typeof detail !== 'object') return String(detail);
  const facts = Object.entries(detail as Record<string, unknown>).filter(([, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value),
  );
  const because = facts.find(([name]) => name === 'because');
  const rest = facts.filter(([name]) => name !== 'because').map(([name, value]) => `${sentence(name)}: ${value}`);
  return [because?.[1], ...rest].filter((part) => part !== undefined && part !== '').join(' · ');
}

// What the administration's interface answers, and how pages read it.
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '@/api/rest';
import { useSession } from '@/api/session';
import { toast, toastError } from '@/ui/Toast';

export interface Tenant {
  id: string;
  name: string;
  domains: number;
  users: number;
  created_at: string;
}
export interface Domain {
  name: string;
  tenant: string;
  addresses: number;
  retain_days: number | null;
  journal_address: string | null;
  on_failure: string;
  created_at: string;
}
export interface IdentityProvider {
  id: string;
  tenant: string;
  name: string;
  issuer: string;
  client_id: string;
  has_secret: boolean;
  audience: string | null;
  scopes: string;
  roles_claim: string;
  roles: Record<string, string>;
  adds_users: boolean;
  trusts_mail: boolean;
  signs_out: boolean;
  enabled: boolean;
  redirect_uri: string;
  backchannel_uri: string;
  after_sign_out: string;
}
export interface ProviderService {
  id: string;
  email: string;
  scopes: string[];
  created_at: string;
}
export interface FailedTask {
  id: string;
  agent: string;
  because: string;
  last_error: string;
  due_at: string | null;
  completed_at: string | null;
}
export interface TaskHistory {
  events: { at: string; status: string; stage: string; detail: string }[];
}
export type RecordState = 'ok' | 'missing' | 'differs' | 'unknown';
export interface DnsRecord {
  kind: string;
  name: string;
  type: string;
  value: string;
  purpose: string;
  optional: boolean;
  found?: string[];
  state?: RecordState;
  hint?: string;
}
export interface Person {
  id: string;
  email: string;
  name: string;
  role: string;
  status: string;
  operator: boolean;
  plan: string;
  tenant: string;
  quota_bytes: number | null;
  used_bytes: number;
  created_at: string;
}
export interface Alias {
  address: string;
  kind: string;
  targets: string[];
}
export interface AdminMailbox {
  id: string;
  name: string;
  role: string | null;
  total: number;
  unseen: number;
  size_bytes: number;
  retain_days: number | null;
}
export interface AuditEvent {
  id: number;
  at: string;
  actor: string;
  address: string;
  action: string;
  resource: string;
  correlation_id: string;
}
export interface OutboxItem {
  id: string;
  channel: string;
  status: string;
  sender: string | null;
  recipient: string;
  message_id: string;
  attempts: number;
  uncertain: number;
  last_error: string;
  created_at: string;
  next_attempt_at: string | null;
  settled_at: string | null;
}
export interface DeadLetter {
  id: string;
  source: string;
  name: string;
  group: string;
  error: string;
  attempts: number;
  died_at: string;
  replayed_at: string | null;
}
export interface Status {
  workers: {
    name: string;
    host: string;
    roles: string[];
    heartbeat_at: string;
    tasks_running: number;
    activity: string;
    online: boolean;
  }[];
  groups: { stream: string; group: string; waiting: number; oldest_seconds: number | null }[];
  index: { ready: boolean; behind: number; missing: number; messages: number } | null;
  outbox: { queued: number; sending: number; failed: number };
  checks: { name: string; ok: boolean; status: 'ok' | 'warn' | 'fail'; because: string }[];
}
export interface Retention {
  redact_after_days: number | null;
  audit_kept_days: number;
  deliveries_kept_days: number;
  outbox_kept_days: number;
  domains: { name: string; retain_days: number | null }[];
  mailboxes: { id: string; user_id: string; user: string; name: string; retain_days: number | null }[];
}
export interface ModelDay {
  day: string;
  model: string;
  purpose: string;
  calls: number;
  failed: number;
  input_tokens: number;
  /** Of the input; told to operators only. */
  cached_tokens?: number;
  output_tokens: number;
  cost_usd: number;
  p50_ms: number;
  p95_ms: number;
}
export interface ServingModels {
  purpose: string;
  description: string;
  models: string[];
  settings: string[];
  /** false: it is as the settings say. */
  chosen: boolean;
  chosen_by: string | null;
  chosen_at: string | null;
}
export interface Spending {
  since: string;
  spent_usd: number;
  /** null: no limit. */
  limit_usd: number | null;
  reached: boolean;
}
export interface ModelsOverview {
  purposes: ServingModels[];
  recent: {
    model: string;
    calls: number;
    failed: number;
    outcomes: Record<string, number>;
    last_ok: string | null;
    last_failure: string | null;
  }[];
  month: Spending;
}
export interface TrafficDay {
  day: string;
  /** null: deliveries of that day are not remembered any more. */
  received: number | null;
  sent: number;
  failed: number;
  tasks: number;
}
export interface TraceStep {
  at: string;
  stage: string;
  detail: string;
  because?: string | null;
}
export interface TracedMessage {
  message_id: string;
  subject?: string | null;
  from: string;
  to: string;
  received_at: string;
  steps: TraceStep[];
}

/** What the person in front of the page may do. */
export function useReach(): { admin: boolean; operator: boolean } {
  const { user } = useSession();
  return { admin: user.role === 'admin', operator: user.operator };
}

/** Below `/api/admin`, unless it is a path of its own. */
function fullPath(path: string): string {
  return path.startsWith('/') ? path : `/api/admin/${path}`;
}

/** One answer of the administration's interface. */
export function useAdmin<T>(path: string, query: Record<string, string | number | undefined> = {}, every?: number) {
  return useQuery({
    queryKey: ['admin', path, query],
    queryFn: ({ signal }) => api.get<T>(fullPath(path), { query, signal }),
    placeholderData: keepPreviousData,
    ...(every ? { refetchInterval: every } : {}),
  });
}

/** A list that goes on: `rows` so far, and `more()` for the next page. */
export function usePages<Row>(path: string, key: string, query: Record<string, string | number | undefined>) {
  const pages = useInfiniteQuery({
    queryKey: ['admin', path, query],
    initialPageParam: '' as string,
    queryFn: ({ pageParam, signal }) =>
      api.get<Record<string, unknown>>(fullPath(path), { query: { ...query, cursor: pageParam }, signal }),
    getNextPageParam: (last) => (last.next as string | null) ?? undefined,
    placeholderData: keepPreviousData,
  });
  return {
    ...pages,
    rows: (pages.data?.pages ?? []).flatMap((page) => (page[key] as Row[] | undefined) ?? []),
    more: pages.hasNextPage ? () => void pages.fetchNextPage() : null,
  };
}

interface Change {
  method: 'post' | 'put' | 'patch' | 'delete';
  path: string;
  body?: Record<string, unknown>;
  /** What to say when it is done. */
  done?: string;
}

/** A change: says what happened, and everything the administration shows is read again. */
export function useChange<T = unknown>(after?: (answer: T) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ method, path, body }: Change) => {
      const full = fullPath(path);
      return method === 'delete' ? api.delete<T>(full) : api[method]<T>(full, body ?? {});
    },
    onSuccess: (answer, { done }) => {
      if (done) toast({ text: done });
      after?.(answer);
    },
    onError: (failure) => toastError(failure),
    onSettled: () => client.invalidateQueries({ queryKey: ['admin'] }),
  });
}

export function when(text: string | null | undefined): string {
  if (!text) return '';
  return new Date(text).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

export function size(bytes: number | null): string {
  if (bytes === null) return 'no limit';
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${UNITS[unit]}`;
}

/** Reads "10 GiB", "500MB" or plain bytes; null for nothing or "none", undefined when it cannot be read. */
export function bytesOf(text: string): number | null | undefined {
  const plain = text.trim().toLowerCase();
  if (plain === '' || plain === 'none' || plain === 'no limit') return null;
  const found = /^(\d+(?:[.,]\d+)?)\s*(b|bytes|k|kb|kib|m|mb|mib|g|gb|gib|t|tb|tib)?$/.exec(plain);
  if (!found) return undefined;
  const power = { b: 0, k: 1, m: 2, g: 3, t: 4 }[(found[2] ?? 'b')[0] as 'b' | 'k' | 'm' | 'g' | 't'];
  return Math.round(Number((found[1] ?? '0').replace(',', '.')) * 1024 ** power);
}

// What holds agents back, as the server tells and takes it: approvals, held mail, grants and the stop switch.
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from '@/api/rest';

export type ApprovalStatus = 'pending' | 'approved' | 'rejected' | 'expired' | 'done' | 'refused';
export interface Approval {
  id: string;
  status: ApprovalStatus;
  agent: string;
  action: string;
  task_id: string | null;
  summary: string;
  because: string;
  sender: string;
  recipients: string[];
  subject: string;
  message_id: string;
  checksum: string;
  created_at: string;
  expires_at: string;
  decided_at: string | null;
  decided_by: string;
  settled_at: string | null;
  outcome: string;
}
export interface ShownMessage {
  headers: { name: string; value: string }[];
  text: string;
  /** What readers of HTML see, when that is not the same. */
  other_text: string;
  shortened: boolean;
  attachments: { name: string; type: string; size: number }[];
  size: number;
}
export interface ApprovalInFull extends Approval {
  /** null: its bytes are kept no more. */
  message: ShownMessage | null;
}
export interface Held {
  id: string;
  agent: string;
  recipient: string;
  subject: string;
  message_id: string;
  stopped: boolean;
  /** null: as long as the stop switch is thrown. */
  leaves_at: string | null;
}
export interface Grant {
  id: string;
  agent: string;
  action: string;
  target: string;
  given_by: string;
  created_at: string;
}
export type Scope = 'user' | 'tenant' | 'installation';
export interface Switches {
  stopped: boolean;
  because: string;
  switches: { scope: Scope; because: string; engaged_by: string; engaged_at: string }[];
  may: Scope[];
}

const POLL_MS = 15_000; // what agents ask for appears while one looks
const SOON_MS = 2_000; // what was approved is carried out within seconds
const MANY = 200;
const PAGE = 20;

/** Everything on this page: what one decision changes shows in several places. */
export const AGENTS = ['user', 'agent-rules'] as const;

export const pendingQuery = queryOptions({
  queryKey: [...AGENTS, 'pending'],
  refetchInterval: POLL_MS,
  queryFn: async () => {
    const { approvals } = await api.get<{ approvals: Approval[] }>('/api/approvals', {
      query: { status: 'pending', limit: MANY },
    });
    return approvals.filter(({ status }) => status === 'pending'); // the time of some may be over since
  },
});
export interface ApprovalPage {
  approvals: Approval[];
  next: string | null;
}
export const earlierQuery = infiniteQueryOptions({
  queryKey: [...AGENTS, 'earlier'],
  initialPageParam: null as string | null,
  queryFn: ({ pageParam }) => api.get<ApprovalPage>('/api/approvals', { query: { limit: PAGE, before: pageParam } }),
  getNextPageParam: ({ next }: ApprovalPage) => next,
  refetchInterval: ({ state }) =>
    state.data?.pages.some(({ approvals }) => approvals.some(({ status }) => status === 'approved'))
      ? SOON_MS
      : POLL_MS,
});
export const approvalQuery = (id: string) =>
  queryOptions({
    queryKey: [...AGENTS, 'approval', id],
    staleTime: 0, // somebody may have decided it elsewhere
    refetchInterval: ({ state }) => (state.data?.status === 'approved' ? SOON_MS : false),
    queryFn: () => api.get<ApprovalInFull>(pathOf(id)),
  });
export const heldQuery = queryOptions({
  queryKey: [...AGENTS, 'held'],
  refetchInterval: POLL_MS,
  queryFn: () => api.get<{ held: Held[] }>('/api/agents/held').then(({ held }) => held),
});
export const grantsQuery = queryOptions({
  queryKey: [...AGENTS, 'grants'],
  queryFn: () => api.get<{ grants: Grant[]; actions: string[] }>('/api/agents/grants'),
});
export const stopQuery = queryOptions({
  queryKey: [...AGENTS, 'stop'],
  refetchInterval: POLL_MS,
  queryFn: () => api.get<Switches>('/api/agents/stop'),
});

export function pathOf(approval: string): string {
  return `/api/approvals/${encodeURIComponent(approval)}`;
}

// The calls of models made for a task or because of a message, and what was sent in one: as the server tells.
import { queryOptions } from '@tanstack/react-query';
import { api } from '@/api/rest';

export interface Call {
  id: string;
  task_id: string | null;
  at: string;
  purpose: string;
  model: string;
  outcome: string;
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
  cost_usd: number;
  seconds: number;
  has_transcript: boolean;
}
export interface Turn {
  role: string;
  kind: string;
  name: string;
  text: string;
}
export type AnswerPart = Record<string, unknown>;
export interface Transcript {
  call: Call;
  because: string;
  format: string;
  sent: unknown;
  turns: Turn[];
  tools: string[];
  status: number | null;
  answered: AnswerPart[] | null;
  raw: string | null;
}

/** `every`: milliseconds, while more may come. */
export const callsQuery = (of: 'tasks' | 'messages', id: string, every: number | false = false) =>
  queryOptions({
    queryKey: ['user', 'calls', of, id],
    refetchInterval: every,
    queryFn: () =>
      api.get<{ calls: Call[] }>(`/api/user/${of}/${encodeURIComponent(id)}/calls`).then(({ calls }) => calls),
  });
export const transcriptQuery = (id: string) =>
  queryOptions({
    queryKey: ['user', 'transcript', id],
    gcTime: 0, // words of mail are not kept longer than they are looked at
    queryFn: () => api.get<Transcript>(`/api/user/calls/${encodeURIComponent(id)}/transcript`),
  });

/** What was answered, as turns like those that were sent. */
export function answerTurns(parts: AnswerPart[] | null): Turn[] {
  return (parts ?? []).map((part) => ({
    role: 'assistant',
    kind: String(part.kind ?? 'text'),
    name: String(part.name ?? ''),
    text: 'arguments' in part ? JSON.stringify(part.arguments, null, 2) : String(part.text ?? ''),
  }));
}

const ROLES: Record<string, string> = {
  system: 'Our instructions',
  user: 'What it was given',
  assistant: 'The model',
  tool: 'Our answer',
};

/** Who says it and what it is: `The model calls read_file`. */
export function turnTitle({ role, kind, name }: Turn): string {
  const who = ROLES[role] ?? role;
  if (kind === 'call') return `${who} calls ${name || 'a tool'}`;
  if (kind === 'result') return `What ${name || 'the tool'} answered`;
  if (kind === 'thinking') return `${who} thinks`;
  return who;
}

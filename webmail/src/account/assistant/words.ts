// The assistant's words: categories, kinds of mail, drafts, how it stands with an account, and rules as sentences.
import type { Tone } from '@/ui/Badge';
import { sentence } from '../dashboard/api';
import type { Category, Connection, ConnectionState, Draft, Item, MailKind, Rule } from './api';

export const CATEGORIES: Record<Category, { label: string; tone: Tone; means: string }> = {
  needs_reply: { label: 'Needs reply', tone: 'accent', means: 'Its sender waits for your answer.' },
  informational: { label: 'Informational', tone: 'neutral', means: 'Something to read at most.' },
  spam: { label: 'Spam', tone: 'danger', means: 'Nobody asked for it.' },
};
export const ORDER: Category[] = ['needs_reply', 'informational', 'spam'];

export function categoryOf(category: Category | null): { label: string; tone: Tone } {
  return category === null ? { label: 'Not judged yet', tone: 'warning' } : CATEGORIES[category];
}

const KINDS: Record<MailKind, string> = {
  person: 'that a person wrote',
  list: 'to a list',
  receipt: 'that is a receipt',
  automatic: 'that a program wrote',
};
export const KIND_OPTIONS: { value: MailKind | ''; label: string }[] = [
  { value: '', label: 'All of it' },
  { value: 'person', label: 'What a person wrote' },
  { value: 'list', label: 'Newsletters and lists' },
  { value: 'receipt', label: 'Receipts' },
  { value: 'automatic', label: 'What a program wrote' },
];

/** `Mail from billing@shop.example that is a receipt: Informational`. */
export function ruleInWords({ sender, kind, category }: Pick<Rule, 'sender' | 'kind' | 'category'>): string {
  const who = sender.startsWith('@') ? `anybody at ${sender.slice(1)}` : sender;
  return `Mail from ${who}${kind ? ` ${KINDS[kind]}` : ''}: ${CATEGORIES[category].label}`;
}

export function ruleOrigin({ made_by, times, used }: Pick<Rule, 'made_by' | 'times' | 'used'>): string {
  const made =
    made_by === 'owner' ? 'written by you' : `learned from ${times === 1 ? 'a correction' : `${times} corrections`}`;
  return `${made} · ${used === 0 ? 'not used yet' : `used ${used === 1 ? 'once' : `${used} times`}`}`;
}

/** Who decided, as people say it. */
export function decidedBy({ decided_by }: Pick<Item, 'decided_by'>): string {
  if (decided_by === null || decided_by === '') return '';
  if (decided_by === 'owner') return 'you';
  if (decided_by === 'rule') return 'a rule of yours';
  if (decided_by === 'layer') return 'plain rules';
  return decided_by === 'rules' ? 'the built-in rules model' : decided_by;
}

/** How sure it was, where that says something. */
export function sureness({ confidence, decided_by }: Pick<Item, 'confidence' | 'decided_by'>): string {
  return decided_by === 'owner' || decided_by === 'rule' ? '' : `${Math.round(confidence * 100)} % sure`;
}

const DRAFTS: Record<string, { label: string; tone: Tone }> = {
  made: { label: 'Draft waits', tone: 'success' },
  edited: { label: 'Draft edited', tone: 'success' },
  sent: { label: 'Answered', tone: 'neutral' },
  discarded: { label: 'Draft discarded', tone: 'neutral' },
};

/** What a list shows of a draft; null where there is nothing to show. */
export function draftBadge({ state, unsupported: gaps }: Draft): { label: string; tone: Tone } | null {
  const known = state === null ? undefined : DRAFTS[state];
  if (!known) return null;
  if (state === 'made' && gaps > 0) {
    return { label: `Draft with ${gaps === 1 ? 'a gap' : `${gaps} gaps`}`, tone: 'warning' };
  }
  return known;
}

const STATES: Partial<Record<ConnectionState, { label: string; tone: Tone }>> = {
  connecting: { label: 'Connecting', tone: 'accent' },
  connected: { label: 'Connected', tone: 'success' },
  delayed: { label: 'Delayed', tone: 'warning' },
  broken: { label: 'Not reachable', tone: 'danger' },
  revoked: { label: 'Sign in again', tone: 'danger' },
};

export function stateOf({ state, enabled }: Pick<Connection, 'state' | 'enabled'>): { label: string; tone: Tone } {
  return (enabled && STATES[state]) || { label: 'Paused', tone: 'neutral' };
}

export const CONNECTION_KINDS: Record<Connection['kind'], string> = { gmail: 'Gmail', imap: 'IMAP' };

const SUPPORTS: Record<string, string> = { thread: 'in the conversation', owner: 'in your settings' };

export function supportOf(support: string): string {
  return SUPPORTS[support] ?? 'not supported: left as a gap';
}

export { sentence };

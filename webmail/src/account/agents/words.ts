// The words for what agents may do, what became of an approval, and for whom the stop switch is thrown.
import type { Tone } from '@/ui/Badge';
import { sentence } from '../dashboard/api';
import type { ApprovalStatus, Scope, Switches } from './api';

const STATUSES: Record<ApprovalStatus, { label: string; tone: Tone }> = {
  pending: { label: 'Waiting for you', tone: 'warning' },
  approved: { label: 'Being sent', tone: 'accent' },
  done: { label: 'Approved', tone: 'success' },
  refused: { label: 'Approved, not sent', tone: 'danger' },
  rejected: { label: 'Rejected', tone: 'neutral' },
  expired: { label: 'Expired', tone: 'neutral' },
};

export function approvalStatus(status: ApprovalStatus): { label: string; tone: Tone } {
  return STATUSES[status] ?? { label: sentence(status), tone: 'neutral' };
}

const ACTIONS: Record<string, { label: string; to: string; help: string }> = {
  send: { label: 'Send mail', to: 'to', help: '' },
  invite: { label: 'Invite to events', to: '', help: '' },
  share: { label: 'Share things', to: 'with', help: '' },
  change: { label: 'Change things in place', to: ':', help: 'The name of the thing, or * for all.' },
  delete: { label: 'Delete things', to: ':', help: 'The name of the thing, or * for all.' },
  search: { label: 'Search the web', to: 'with', help: 'The name of the search service, or * for all.' },
  fetch: { label: 'Open pages', to: 'of', help: 'A host, such as www.example.org, exactly; or * for all.' },
  call: { label: 'Use tools', to: ':', help: 'The name of the tool, exactly; or * for all.' },
  spend: { label: 'Spend money', to: 'at', help: 'Where, by its name; or * for everywhere.' },
};
const PEOPLE = 'One address, such as chen@example.org; everybody at a domain, such as @example.org; or * for anybody.';

export function actionLabel(action: string): string {
  return ACTIONS[action]?.label ?? sentence(action);
}

/** What to write as the target of a grant. */
export function targetHelp(action: string): string {
  return ACTIONS[action]?.help || (ACTIONS[action] ? PEOPLE : 'The name of the thing, exactly; or * for all.');
}

/** `Send mail to anybody at example.org`. */
export function grantInWords(action: string, target: string): string {
  const known = ACTIONS[action];
  const people = known !== undefined && known.help === '';
  let what = target;
  if (target === '*') what = people ? 'anybody' : action === 'spend' ? 'any place' : 'all';
  else if (people && target.startsWith('@')) what = `anybody at ${target.slice(1)}`;
  const to = known?.to ?? ':';
  return `${actionLabel(action)}${to === ':' ? ': ' : to ? ` ${to} ` : ': '}${what}`;
}

export const SCOPES: Record<Scope, { label: string; of: string }> = {
  user: { label: 'For me', of: 'for you' },
  tenant: { label: 'For this organisation', of: 'for your organisation' },
  installation: { label: 'For everybody on this server', of: 'for everybody on this server' },
};
const WIDTH: Scope[] = ['user', 'tenant', 'installation'];

/** Where one may throw the switch and it would stop more than is stopped already. */
export function scopesToStop({ may, switches }: Switches, offered: readonly Scope[]): Scope[] {
  const widest = Math.max(-1, ...switches.map(({ scope }) => WIDTH.indexOf(scope)));
  return WIDTH.filter((scope, at) => at > widest && may.includes(scope) && offered.includes(scope));
}

/** What an agent would do, after "wants to": `send a mail to chen@example.org`. */
export function wish({ action, summary }: { action: string; summary: string }): string {
  if (!summary) return actionLabel(action).toLowerCase();
  return action === 'send' ? `send ${withoutStop(summary)}` : `${action}: ${withoutStop(summary)}`;
}

/** A reason in the middle of a sentence of ours. */
export function withoutStop(text: string): string {
  return text.replace(/\.\s*$/, '');
}

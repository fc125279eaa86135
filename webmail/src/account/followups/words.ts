// The words of follow-ups: states, actions, what comes again, and when something is due.
import type { Tone } from '@/ui/Badge';
import { formatAgo } from '../format';
import type { Followup, FollowupAction, FollowupStatus } from './api';

export const STATUSES: Record<FollowupStatus, { label: string; tone: Tone }> = {
  clarifying: { label: 'When?', tone: 'warning' },
  pending: { label: 'Waiting', tone: 'neutral' },
  due: { label: 'Due', tone: 'accent' },
  executing: { label: 'Being prepared', tone: 'accent' },
  sending: { label: 'Being sent', tone: 'accent' },
  done: { label: 'Done', tone: 'success' },
  cancelled: { label: 'Dropped', tone: 'neutral' },
  failed: { label: 'Failed', tone: 'danger' },
};

export const ACTIONS: Record<FollowupAction, string> = {
  remind: 'Remind me',
  remind_and_draft: 'Remind me, with a draft',
  draft: 'Put a draft into Drafts',
};

/** `Friday, 20 November 2026 at 09:00`, in the follow-up's time zone. */
export function inFull(iso: string, timeZone: string): string {
  return new Intl.DateTimeFormat(undefined, {
    timeZone,
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  }).format(new Date(iso));
}

/** How far off it is: hours on the same stretch of a day, else days of the calendar. */
export function farOff(iso: string, timeZone: string | undefined, now = new Date()): string {
  const at = new Date(iso);
  const days = dayNumber(at, timeZone) - dayNumber(now, timeZone);
  if (days < 1) return formatAgo(iso, now);
  return new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(days, 'day');
}

export type Group = 'When?' | 'Now' | 'Today' | 'Tomorrow' | 'Within a week' | 'Later';

/** What is open, in the order in which it wants one: questions first, then by day. Days are those of the time zone. */
export function grouped(
  followups: readonly Followup[],
  timeZone: string | undefined,
  now = new Date(),
): [Group, Followup[]][] {
  const found = new Map<Group, Followup[]>();
  for (const one of followups) {
    const group = groupOf(one, timeZone, now);
    found.set(group, [...(found.get(group) ?? []), one]);
  }
  const order: Group[] = ['When?', 'Now', 'Today', 'Tomorrow', 'Within a week', 'Later'];
  return order.flatMap((group): [Group, Followup[]][] => {
    const some = found.get(group);
    return some ? [[group, some]] : [];
  });
}

function groupOf(one: Followup, timeZone: string | undefined, now: Date): Group {
  if (one.status === 'clarifying' || !one.due_at) return 'When?';
  if (one.status !== 'pending') return 'Now';
  const days = dayNumber(new Date(one.due_at), timeZone) - dayNumber(now, timeZone);
  if (days <= 0) return 'Today';
  if (days === 1) return 'Tomorrow';
  return days < 7 ? 'Within a week' : 'Later';
}

/** Days since 1970 on the calendar of the time zone. */
function dayNumber(at: Date, timeZone: string | undefined): number {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    at,
  );
  return Date.parse(`${day}T00:00:00Z`) / 86_400_000;
}

const DAYS: Record<string, string> = {
  MO: 'Monday',
  TU: 'Tuesday',
  WE: 'Wednesday',
  TH: 'Thursday',
  FR: 'Friday',
  SA: 'Saturday',
  SU: 'Sunday',
};
const UNITS: Record<string, string> = {
  HOURLY: 'hour',
  DAILY: 'day',
  WEEKLY: 'week',
  MONTHLY: 'month',
  YEARLY: 'year',
};

/** `every Friday`, `every 2 weeks`; of a rule with more in it only that it comes again. */
export function ruleInWords(rule: string): string {
  const parts = new Map(rule.split(';').map((part) => part.split('=', 2) as [string, string]));
  const unit = UNITS[parts.get('FREQ') ?? ''];
  if (!unit) return '';
  const every = Number(parts.get('INTERVAL') ?? '1');
  const days = (parts.get('BYDAY') ?? '').split(',').flatMap((day) => (DAYS[day] ? [DAYS[day]] : []));
  if (unit === 'week' && days.length === 5 && !days.includes('Saturday') && !days.includes('Sunday') && every === 1)
    return 'every working day';
  const on = unit === 'week' && days.length > 0 ? days.join(', ') : '';
  if (every === 1) return on ? `every ${on}` : `every ${unit}`;
  return `every ${every} ${unit}s${on ? ` on ${on}` : ''}`;
}

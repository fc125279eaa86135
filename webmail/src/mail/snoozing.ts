// Putting conversations aside until a moment: the moments offered, and the asking.
import { queryOptions, useQuery } from '@tanstack/react-query';
import type { Id } from '@/api/jmap/types';
import { queries } from '@/api/queries';
import { api } from '@/api/rest';
import { toast, toastError } from '@/ui/Toast';
import type { Choice } from './actions';
import { counted } from './actions';
import { catchUp, countsChanged } from './changes';
import { upcoming } from './dates';

export interface Preset {
  label: string;
  at: Date;
}

const MORNING = 8;
const EVENING = 18;

/** What is offered now, in the order it comes. Evenings only when the evening is not near; the weekend not at the weekend. */
export function presets(now: Date = new Date()): Preset[] {
  const on = (days: number, hour: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
  const weekday = now.getDay();
  const found: Preset[] = [];
  if (now.getHours() < EVENING - 1) found.push({ label: 'This evening', at: on(0, EVENING) });
  found.push({ label: 'Tomorrow morning', at: on(1, MORNING) });
  if (weekday >= 1 && weekday <= 4) found.push({ label: 'This weekend', at: on(6 - weekday, MORNING) });
  found.push({ label: 'Next week', at: on(weekday === 0 ? 1 : 8 - weekday, MORNING) });
  return found;
}

export const snoozedQuery = queryOptions({
  queryKey: ['snoozed'],
  staleTime: 60_000,
  queryFn: async (): Promise<Map<Id, string>> => {
    const { snoozed } = await api.get<{ snoozed: { email_id: Id; until: string }[] }>('/api/mail/snoozed');
    return new Map(snoozed.map((one) => [one.email_id, one.until]));
  },
});

/** Until when each snoozed message sleeps. */
export function useSnoozed(wanted: boolean): ReadonlyMap<Id, string> {
  return useQuery({ ...snoozedQuery, enabled: wanted }).data ?? new Map();
}

export async function snooze(choice: Choice, until: Date): Promise<void> {
  const { list, ids } = choice;
  const taken = list.rows.take(ids);
  try {
    for (const id of ids) await api.put(`/api/mail/${id}/snooze`, { until: until.toISOString(), thread: true });
    toast({
      text: `${counted(ids.length)} snoozed until ${upcoming(until)}.`,
      key: 'change',
      action: { label: 'Undo', run: () => void wake(choice, () => list.rows.putBack(taken)) },
    });
  } catch (failure) {
    list.rows.putBack(taken);
    toastError(failure);
  }
  after(list.accountId);
}

/** Lets them come back now. */
export async function wake(
  choice: Choice,
  first: () => void = () => void choice.list.rows.take(choice.ids),
): Promise<void> {
  first();
  try {
    for (const id of choice.ids) await api.delete(`/api/mail/${id}/snooze`);
  } catch (failure) {
    toastError(failure);
  }
  after(choice.list.accountId);
}

function after(accountId: Id): void {
  void catchUp(accountId);
  countsChanged(accountId);
  void queries.invalidateQueries({ queryKey: snoozedQuery.queryKey });
}

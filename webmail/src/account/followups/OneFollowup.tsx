// One follow-up in a list: what and when, the question when that is not clear, and what one does with it.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Check, Clock, EllipsisVertical, Repeat, RotateCcw, Trash2 } from 'lucide-react';
import { api } from '@/api/rest';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { IconButton } from '@/ui/IconButton';
import { Menu, MenuItem } from '@/ui/Menu';
import { toast, toastError } from '@/ui/Toast';
import { FOLLOWUPS, type Followup, followupPath } from './api';
import { TimeChoices } from './TimeField';
import { farOff, inFull, ruleInWords, STATUSES } from './words';

type Verb = 'done' | 'cancel' | 'retry' | 'snooze';
const SAID: Record<Verb, string> = {
  done: 'Done.',
  cancel: 'Dropped.',
  retry: 'It is tried again.',
  snooze: 'Put off.',
};
const SNOOZES = [
  { label: 'an hour', minutes: 60 },
  { label: 'a day', minutes: 24 * 60 },
  { label: 'a week', minutes: 7 * 24 * 60 },
];
const OPEN = new Set(['clarifying', 'pending', 'due', 'executing', 'sending']);

export function useActing() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, verb, body }: { id: string; verb: Verb; body?: Record<string, unknown>; undo?: () => void }) =>
      api.post<Followup>(followupPath(id, verb), body),
    onSuccess: (_found, { verb, undo }) =>
      undo
        ? toast({ text: SAID[verb], action: { label: 'Undo', run: undo } })
        : toast({ text: SAID[verb], lasts: 3_000 }),
    onError: (failure) => toastError(failure),
    onSettled: () => client.invalidateQueries({ queryKey: FOLLOWUPS }),
  });
}

/** What makes one wait again as it did; undefined where nothing does. One that was done has no rule any more: its words have. */
function asItWas(one: Followup, verb: Verb): { due_at?: string; when?: string; language?: string } | undefined {
  if (!isToCome(one) || one.due_at === null) return undefined;
  if (verb === 'cancel' || verb === 'snooze' || (verb === 'done' && !one.rule)) return { due_at: one.due_at };
  return verb === 'done' && one.phrase ? { when: one.phrase, language: one.language } : undefined;
}

export function useDating() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...change }: { id: string; due_at?: string; when?: string; language?: string }) =>
      api.patch<Followup>(followupPath(id), change),
    onError: (failure) => toastError(failure),
    onSettled: () => client.invalidateQueries({ queryKey: FOLLOWUPS }),
  });
}

function isToCome(one: Followup): boolean {
  return one.status === 'pending' && one.due_at !== null && Date.parse(one.due_at) > Date.now();
}

/** One that is still to come is put off from its own time: an hour from now would be sooner. */
function putOff(one: Followup, minutes: number): Record<string, unknown> {
  if (!isToCome(one) || one.due_at === null) return { minutes };
  return { until: new Date(Date.parse(one.due_at) + minutes * 60_000).toISOString() };
}

export function OneFollowup({ followup, onOpen }: { followup: Followup; onOpen: (id: string) => void }) {
  const acting = useActing();
  const dating = useDating();
  const status = STATUSES[followup.status];
  const date = (change: { due_at?: string; when?: string; language?: string }) =>
    dating.mutate({ id: followup.id, ...change });
  const act = (verb: Verb, body?: Record<string, unknown>) => {
    const before = asItWas(followup, verb);
    acting.mutate({
      id: followup.id,
      verb,
      ...(body ? { body } : {}),
      ...(before ? { undo: () => date(before) } : {}),
    });
  };
  const isOpen = OPEN.has(followup.status);
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 rounded-md px-2 py-3 hover:bg-hover">
      <div className="min-w-0 flex-1 basis-64">
        <button type="button" onClick={() => onOpen(followup.id)} className="block max-w-full text-left">
          <span className="block truncate font-medium">{followup.what}</span>
          <span className="block truncate text-xs text-ink-muted">
            {[
              followup.who,
              followup.due_at ? inFull(followup.due_at, followup.zone) : followup.phrase,
              followup.waits_from !== null ? 'unless an answer comes' : '',
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
        </button>
        {followup.choices.length > 0 ? (
          <div className="mt-2 text-sm">
            <TimeChoices choices={followup.choices} timeZone={followup.zone} onChoose={(due_at) => date({ due_at })} />
          </div>
        ) : null}
      </div>
      <span className="flex items-center gap-2">
        {followup.rule ? (
          <span className="flex items-center gap-1 text-xs text-ink-muted">
            <Repeat size={13} aria-hidden="true" />
            {ruleInWords(followup.rule) || 'comes again'}
          </span>
        ) : null}
        {followup.due_at && followup.status === 'pending' ? (
          <span className="text-xs text-ink-muted">{farOff(followup.due_at, followup.zone)}</span>
        ) : null}
        <Badge tone={status.tone}>{status.label}</Badge>
        {isOpen ? (
          <IconButton
            size="small"
            label={followup.rule ? `Done, with all its repetitions: ${followup.what}` : `Done: ${followup.what}`}
            icon={<Check aria-hidden="true" />}
            onClick={() => act('done')}
          />
        ) : null}
        {followup.status === 'failed' ? <Button onClick={() => act('retry')}>Try again</Button> : null}
        <Menu
          align="end"
          trigger={
            <IconButton size="small" label={`More: ${followup.what}`} icon={<EllipsisVertical aria-hidden="true" />} />
          }
        >
          {followup.status === 'clarifying'
            ? null
            : SNOOZES.map(({ label, minutes }) => (
                <MenuItem
                  key={minutes}
                  icon={isOpen ? <Clock aria-hidden="true" /> : <RotateCcw aria-hidden="true" />}
                  onSelect={() => act('snooze', putOff(followup, minutes))}
                >
                  {`${isToCome(followup) ? 'Put off by' : isOpen ? 'Snooze for' : 'Again in'} ${label}`}
                </MenuItem>
              ))}
          {isOpen ? (
            <MenuItem icon={<Trash2 aria-hidden="true" />} onSelect={() => act('cancel')}>
              Drop
            </MenuItem>
          ) : null}
        </Menu>
      </span>
    </li>
  );
}

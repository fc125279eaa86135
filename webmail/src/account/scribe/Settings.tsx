// Who writes, as it stands below each mail; and what this installation can do and allows.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/api/rest';
import { Button } from '@/ui/Button';
import { TextArea } from '@/ui/Field';
import { toast, toastError } from '@/ui/Toast';
import { Loaded, Panel } from '../Panel';
import { scribeQuery } from './api';
import type { Scribe } from './types';

const MAX_NOTE = 600;

export function Settings() {
  const me = useQuery(scribeQuery);
  return (
    <Loaded of={me} what="scribe">
      {(found) => (
        <div className="flex flex-col gap-4">
          <Panel
            title="Who you are"
            description="Stands below each mail that the scribe sends for you. In many countries mail to people you do not know must say who writes and give a postal address."
          >
            <Note key={found.note} me={found} />
          </Panel>
          <Panel title="What it can do here">
            <Facts me={found} />
          </Panel>
        </div>
      )}
    </Loaded>
  );
}

function Note({ me }: { me: Scribe }) {
  const client = useQueryClient();
  const [note, setNote] = useState(me.note);
  const save = useMutation({
    mutationFn: () => api.patch<Scribe>('/api/scribe', { note: note.trim() }),
    onSuccess: (after) => {
      client.setQueryData(scribeQuery.queryKey, after);
      toast({ text: 'Saved.', lasts: 2_500 });
    },
    onError: (failure) => toastError(failure),
  });
  return (
    <form
      className="flex max-w-prose flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <TextArea
        label="Your note"
        rows={4}
        maxLength={MAX_NOTE}
        value={note}
        placeholder={'Bashir Ahmadi, Example Press\n1 Sample Street, 12345 Exampleton'}
        hint="Mail to many is not sent while this is empty."
        onChange={(event) => setNote(event.target.value)}
      />
      <div>
        <Button look="primary" type="submit" busy={save.isPending} disabled={note.trim() === me.note}>
          Save
        </Button>
      </div>
    </form>
  );
}

function Facts({ me: { searches, papers, model, limits, left_today } }: { me: Scribe }) {
  const rows: [string, string][] = [
    ['Search on the web', searches ? 'yes' : 'not set up; letters rest on what you give'],
    ['Papers', papers ? 'yes, for templates about research' : 'not set up'],
    ['Written by', model === 'rules' ? 'the built-in rules, which fill templates in' : model],
    [
      'Written a day',
      `${limits.per_day.toLocaleString()} at most; ${left_today.writes.toLocaleString()} are left today`,
    ],
    [
      'Sent a day',
      `${limits.sends_per_day.toLocaleString()} at most; ${left_today.sends.toLocaleString()} are left today`,
    ],
    ['Sent a day to one domain', `${limits.domain_per_day.toLocaleString()} at most`],
    ['Recipients of a batch', `${limits.batch.toLocaleString()} at most`],
  ];
  return (
    <dl className="grid gap-x-6 gap-y-1 sm:grid-cols-[auto_1fr] sm:gap-y-2">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-ink-muted">{name}</dt>
          <dd className="min-w-0 break-words max-sm:mb-2">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

// Settings "Away": the answer people get while one is away, from when until when.
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Loaded, Panel } from '@/account/Panel';
import { call, insist, ownAccount } from '@/api/jmap/client';
import type { VacationResponse } from '@/api/jmap/types';
import { fromLocalInput, toLocalInput } from '@/compose/schedule';
import { Button } from '@/ui/Button';
import { TextArea, TextField } from '@/ui/Field';
import { Switch } from '@/ui/Switch';
import { toast } from '@/ui/Toast';
import { useTimeZone } from '../preferences';

const vacationQuery = queryOptions({
  queryKey: ['jmap', 'vacation'],
  queryFn: async (): Promise<VacationResponse> => {
    const { list } = await call('VacationResponse/get', { accountId: await ownAccount(), ids: ['singleton'] });
    if (!list[0]) throw new Error('The server keeps no vacation response for this account.');
    return list[0];
  },
});

export function Vacation() {
  const vacation = useQuery(vacationQuery);
  return (
    <Panel
      title="While you are away"
      description="Everybody who writes to you gets this answer once in a few days. Lists and automatic mail get none."
    >
      <Loaded of={vacation} what="answer">
        {(known) => <Form known={known} />}
      </Loaded>
    </Panel>
  );
}

function Form({ known }: { known: VacationResponse }) {
  const timeZone = useTimeZone();
  const client = useQueryClient();
  const local = (iso: string | null) => (iso ? toLocalInput(new Date(iso), timeZone) : '');
  const [enabled, setEnabled] = useState(known.isEnabled);
  const [from, setFrom] = useState(local(known.fromDate));
  const [to, setTo] = useState(local(known.toDate));
  const [subject, setSubject] = useState(known.subject ?? '');
  const [text, setText] = useState(known.textBody ?? '');
  const [problem, setProblem] = useState<{ field: 'to' | 'text'; text: string } | null>(null);
  const save = useMutation({
    mutationFn: async (wanted: Record<string, unknown>) =>
      insist(await call('VacationResponse/set', { accountId: await ownAccount(), update: { singleton: wanted } })),
    onSuccess: () => {
      toast({ text: enabled ? 'Saved. The answer is on.' : 'Saved. The answer is off.' });
      return client.invalidateQueries({ queryKey: vacationQuery.queryKey });
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    const begins = fromLocalInput(from, timeZone);
    const ends = fromLocalInput(to, timeZone);
    if (begins && ends && ends <= begins)
      return setProblem({ field: 'to', text: 'The end comes before the beginning.' });
    if (enabled && ends && ends.getTime() < Date.now())
      return setProblem({ field: 'to', text: 'This day has passed.' });
    if (enabled && text.trim() === '') return setProblem({ field: 'text', text: 'Write what people are to be told.' });
    setProblem(null);
    const whole = (at: Date | null) => at?.toISOString().replace(/\.\d+Z$/, 'Z') ?? null;
    save.mutate({
      isEnabled: enabled,
      fromDate: whole(begins),
      toDate: whole(ends),
      subject: subject.trim() || null,
      textBody: text.trim() || null,
      htmlBody: text === (known.textBody ?? '') ? known.htmlBody : null,
    });
  }

  return (
    <form onSubmit={submit} className="flex flex-col gap-4" noValidate>
      <Switch label="Answer for me" checked={enabled} onChange={setEnabled} />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="From"
          type="datetime-local"
          hint="Empty: at once."
          value={from}
          onChange={(event) => setFrom(event.target.value)}
        />
        <TextField
          label="Until"
          type="datetime-local"
          hint="Empty: until you turn it off."
          value={to}
          error={problem?.field === 'to' ? problem.text : undefined}
          onChange={(event) => setTo(event.target.value)}
        />
      </div>
      <TextField
        label="Subject"
        hint="Empty: the subject of the message that is answered."
        value={subject}
        maxLength={500}
        onChange={(event) => setSubject(event.target.value)}
      />
      <TextArea
        label="Text"
        rows={6}
        value={text}
        error={problem?.field === 'text' ? problem.text : undefined}
        onChange={(event) => setText(event.target.value)}
      />
      {save.isError ? (
        <p role="alert" className="text-danger">
          {save.error.message}
        </p>
      ) : null}
      <div>
        <Button type="submit" look="primary" busy={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}

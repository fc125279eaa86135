// How one writes: what it has learned, and the note in one's own words that stands instead.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Loaded, Panel } from '@/account/Panel';
import { api } from '@/api/rest';
import { Button } from '@/ui/Button';
import { TextArea } from '@/ui/Field';
import { toast, toastError } from '@/ui/Toast';
import { formatDay } from '../format';
import { useTimeZone } from '../preferences';
import { type Style, styleQuery } from './api';

const MAX_NOTE = 2_000;

export function StyleNote() {
  const style = useQuery(styleQuery);
  return (
    <Panel
      title="How you write"
      description="Drafts follow this. It is learned from what you sent and from what you change in drafts; what you write yourself is never overwritten."
    >
      <Loaded of={style} what="style">
        {(found) => <Note key={`${found.note}|${found.learned_at}`} style={found} />}
      </Loaded>
    </Panel>
  );
}

function Note({ style }: { style: Style }) {
  const timeZone = useTimeZone();
  const client = useQueryClient();
  const [note, setNote] = useState(style.note);
  const options = {
    onError: (failure: Error) => toastError(failure),
    onSettled: () => client.invalidateQueries({ queryKey: styleQuery.queryKey }),
  };
  const save = useMutation({
    mutationFn: () => api.put<Style>('/api/assistant/style', { note: note.trim() }),
    onSuccess: () => toast({ text: note.trim() ? 'Drafts follow your note.' : 'Drafts follow what was learned.' }),
    ...options,
  });
  const learn = useMutation({
    mutationFn: () => api.post('/api/assistant/style/learn'),
    onSuccess: () => toast({ text: 'It is reading what you sent. This takes a moment.' }),
    ...options,
  });
  const forget = useMutation({
    mutationFn: () => api.delete('/api/assistant/style'),
    onSuccess: () => toast({ text: 'Forgotten.' }),
    ...options,
  });
  return (
    <div className="flex flex-col gap-4">
      <div>
        <h3 className="text-xs text-ink-muted">
          Learned
          {style.learned_at
            ? ` from ${style.samples} ${style.samples === 1 ? 'mail' : 'mails'}, ${formatDay(style.learned_at, timeZone)}`
            : ''}
        </h3>
        <p className="mt-1 max-w-prose break-words whitespace-pre-wrap">
          {style.learned || 'Nothing yet: there is too little sent mail to learn from.'}
        </p>
      </div>
      <TextArea
        className="max-w-prose"
        label="In your own words"
        hint="Empty: what was learned stands."
        rows={4}
        maxLength={MAX_NOTE}
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      <div className="flex flex-wrap gap-2">
        <Button
          look="primary"
          busy={save.isPending}
          disabled={note.trim() === style.note}
          onClick={() => save.mutate()}
        >
          Save
        </Button>
        <Button busy={learn.isPending} onClick={() => learn.mutate()}>
          Learn anew
        </Button>
        <Button look="danger" busy={forget.isPending} onClick={() => forget.mutate()}>
          Forget everything
        </Button>
      </div>
    </div>
  );
}

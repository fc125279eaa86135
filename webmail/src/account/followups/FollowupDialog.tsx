// One follow-up with what happened to it; its time and text are changed here.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Loaded } from '@/account/Panel';
import { ApiError, api, asSentence } from '@/api/rest';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { toast } from '@/ui/Toast';
import { formatTime } from '../format';
import { FOLLOWUPS, type Followup, type FollowupInFull, followupPath, followupQuery } from './api';
import { TimeField } from './TimeField';
import { ACTIONS, inFull, ruleInWords, STATUSES } from './words';

export function FollowupDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const found = useQuery(followupQuery(id));
  return (
    <Dialog
      open
      onClose={onClose}
      title={found.data?.what ?? 'Follow-up'}
      width="wide"
      footer={
        <Button look="primary" onClick={onClose}>
          Close
        </Button>
      }
    >
      <Loaded of={found} what="follow-up">
        {(one) => <Content key={one.updated_at} followup={one} />}
      </Loaded>
    </Dialog>
  );
}

function Content({ followup }: { followup: FollowupInFull }) {
  const status = STATUSES[followup.status];
  const isOpen = followup.status === 'pending' || followup.status === 'clarifying';
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-col gap-2">
        <p className="flex flex-wrap items-center gap-2">
          <Badge tone={status.tone}>{status.label}</Badge>
          {followup.due_at ? <span>{inFull(followup.due_at, followup.zone)}</span> : null}
          <span className="text-ink-muted">{followup.zone}</span>
        </p>
        {followup.because ? <p className="break-words text-ink-muted">{asSentence(followup.because)}</p> : null}
        {followup.last_error ? <p className="break-words text-danger">{asSentence(followup.last_error)}</p> : null}
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
          {(
            [
              ['With', followup.who],
              ['Then', ACTIONS[followup.action]],
              ['Said', followup.phrase],
              ['Again', followup.rule ? ruleInWords(followup.rule) || 'yes' : ''],
              ['Ends', followup.waits_from === null ? '' : `when ${followup.waits_from || 'somebody'} answers`],
              ['Context', followup.context],
            ] as const
          ).map(([name, value]) =>
            value ? (
              <div key={name} className="contents">
                <dt className="text-ink-muted">{name}</dt>
                <dd className="break-words whitespace-pre-wrap">{value}</dd>
              </div>
            ) : null,
          )}
        </dl>
      </div>
      {isOpen ? <Change followup={followup} /> : null}
      <section aria-label="What happened">
        <h3 className="mb-2 font-semibold">What happened</h3>
        <ol className="flex flex-col gap-1">
          {followup.history.map((one) => (
            <li key={`${one.at} ${one.detail}`} className="flex gap-3">
              <span className="w-32 shrink-0 text-ink-muted">{formatTime(one.at, followup.zone)}</span>
              <span className="min-w-0 break-words">{one.detail || STATUSES[one.status].label}</span>
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
}

function Change({ followup }: { followup: Followup }) {
  const client = useQueryClient();
  const [what, setWhat] = useState(followup.what);
  const [words, setWords] = useState('');
  const [choice, setChoice] = useState('');
  const save = useMutation({
    mutationFn: (change: Record<string, unknown>) => api.patch<Followup>(followupPath(followup.id), change),
    onSuccess: () => toast({ text: 'Changed.', lasts: 2_500 }),
    onSettled: () => client.invalidateQueries({ queryKey: FOLLOWUPS }),
  });
  const unclear = save.error instanceof ApiError && save.error.code === 'unclear';
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({
          ...(what.trim() === followup.what ? {} : { what: what.trim() }),
          ...(words.trim() ? { when: words.trim(), ...(choice ? { due_at: choice } : {}) } : {}),
        });
      }}
    >
      <TextField label="What" value={what} maxLength={500} onChange={(event) => setWhat(event.target.value)} />
      <TimeField
        label={followup.status === 'clarifying' ? 'When' : 'Another time'}
        words={words}
        choice={choice}
        error={save.error ? (unclear ? 'Say which time you mean.' : save.error.message) : ''}
        onWords={setWords}
        onChoice={setChoice}
      />
      <div>
        <Button
          type="submit"
          busy={save.isPending}
          disabled={!what.trim() || (what.trim() === followup.what && !words.trim())}
        >
          Save
        </Button>
      </div>
    </form>
  );
}

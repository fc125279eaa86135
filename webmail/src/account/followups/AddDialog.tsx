// Having something followed up: what, when in words, and what happens then. From a message it knows which.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, api } from '@/api/rest';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Select, TextField } from '@/ui/Field';
import { Switch } from '@/ui/Switch';
import { toast, toastError } from '@/ui/Toast';
import { preferencesQuery } from '../preferences';
import { FOLLOWUPS, type Followup, type FollowupAction, type Wanted } from './api';
import { TimeField } from './TimeField';
import { ACTIONS, inFull } from './words';

/** The message it is about. */
export interface About {
  emailId: string;
  subject: string;
  who: string;
}

const CHOICES = (Object.keys(ACTIONS) as FollowupAction[]).map((value) => ({ value, label: ACTIONS[value] }));

export function AddDialog({ about, onClose }: { about?: About; onClose: () => void }) {
  const client = useQueryClient();
  const [key] = useState(() => crypto.randomUUID());
  const [what, setWhat] = useState(about?.subject ?? '');
  const [who, setWho] = useState(about?.who ?? '');
  const [words, setWords] = useState('');
  const [choice, setChoice] = useState('');
  const usual = useQuery(preferencesQuery).data?.default_action as FollowupAction | '' | undefined;
  const [chosen, setAction] = useState<FollowupAction | null>(null);
  const action = chosen ?? (usual || 'remind');
  const [ifNoReply, setIfNoReply] = useState(false);
  const add = useMutation({
    mutationFn: (wanted: Wanted) => api.post<Followup>('/api/followups', { ...wanted }),
    onSuccess: (made) => {
      toast({
        text: made.due_at ? `Followed up on ${inFull(made.due_at, made.zone)}.` : 'It is followed up.',
        action: { label: 'Undo', run: () => void drop(made.id) },
      });
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: FOLLOWUPS }),
  });
  const drop = async (id: string) => {
    await api.post(`/api/followups/${id}/cancel`).catch(toastError);
    await client.invalidateQueries({ queryKey: FOLLOWUPS });
  };
  const unclear = add.error instanceof ApiError && add.error.code === 'unclear';
  return (
    <Dialog
      open
      onClose={onClose}
      title="Follow up"
      description={about ? `About “${about.subject || '(no subject)'}”.` : 'You are reminded when it is due.'}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            type="submit"
            form="add-followup"
            busy={add.isPending}
            disabled={!what.trim() || !words.trim()}
          >
            Follow up
          </Button>
        </>
      }
    >
      <form
        id="add-followup"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate({
            key,
            what: what.trim(),
            who: who.trim(),
            action,
            when: words.trim(),
            ...(choice ? { due_at: choice } : {}),
            ...(about ? { email_id: about.emailId, if_no_reply: ifNoReply } : {}),
          });
        }}
      >
        <TimeField
          autoFocus
          words={words}
          choice={choice}
          error={add.error ? (unclear ? 'Say which time you mean.' : add.error.message) : ''}
          onWords={setWords}
          onChoice={setChoice}
        />
        <TextField label="What" value={what} maxLength={500} onChange={(event) => setWhat(event.target.value)} />
        <TextField label="With whom" value={who} maxLength={200} onChange={(event) => setWho(event.target.value)} />
        <Select label="Then" value={action} onChange={setAction} options={CHOICES} />
        {about ? (
          <Switch
            label="Only if nobody answers"
            hint="An answer to this message ends it."
            checked={ifNoReply}
            onChange={setIfNoReply}
          />
        ) : null}
      </form>
    </Dialog>
  );
}

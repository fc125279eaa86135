// Before a letter leaves: to whom, when, and what one should know. The click approves exactly this text.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, asSentence } from '@/api/rest';
import { formatWhen, fromLocalInput, presets, toLocalInput } from '@/compose/schedule';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { Switch } from '@/ui/Switch';
import { toast } from '@/ui/Toast';
import { useTimeZone } from '../preferences';
import { keepMail, mailPath, scribeQuery } from './api';
import type { Mail } from './types';

export function SendDialog({ mail, onClose }: { mail: Mail; onClose: () => void }) {
  const client = useQueryClient();
  const timeZone = useTimeZone();
  const me = useQuery(scribeQuery).data;
  const [to, setTo] = useState(mail.recipient_email);
  const [later, setLater] = useState(false);
  const [when, setWhen] = useState(() => toLocalInput(presets(new Date(), timeZone)[0]?.at ?? new Date(), timeZone));
  const [version] = useState(mail.version); // what is changed behind this dialog is not what was read
  const at = later ? fromLocalInput(when, timeZone) : null;
  const isPast = at !== null && at.getTime() <= Date.now();
  const send = useMutation({
    mutationFn: () =>
      api.post<Mail>(mailPath(mail.id, 'send'), {
        to: to.trim(),
        version,
        ...(at ? { at: at.toISOString() } : {}),
      }),
    onSuccess: (sent) => {
      keepMail(client, sent);
      toast({ text: saidOf(sent, timeZone) });
      onClose();
    },
  });
  const marked = mail.sentences.filter(({ state }) => state === 'marked').length;
  return (
    <Dialog
      open
      onClose={onClose}
      title="Send this mail?"
      description={`“${mail.subject || '(no subject)'}”, exactly as it stands here, from your own address.`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            type="submit"
            form="send-outreach"
            busy={send.isPending}
            disabled={!to.trim() || (later && (at === null || isPast))}
          >
            {later ? 'Send then' : 'Send now'}
          </Button>
        </>
      }
    >
      <form
        id="send-outreach"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          send.mutate();
        }}
      >
        <TextField
          label="To"
          type="email"
          required
          autoComplete="off"
          value={to}
          onChange={(event) => setTo(event.target.value)}
        />
        <Switch label="At another time" checked={later} onChange={setLater} />
        {later ? (
          <TextField
            label="When"
            type="datetime-local"
            value={when}
            error={isPast ? 'This time has passed. Choose a later one.' : ''}
            onChange={(event) => setWhen(event.target.value)}
          />
        ) : null}
        {mail.is_confident && marked === 0 ? null : (
          <p className="rounded-md bg-warning-soft px-4 py-3 text-ink">
            {marked
              ? `${marked === 1 ? 'One sentence is' : `${marked} sentences are`} supported by nothing that was read. `
              : ''}
            {mail.is_confident ? '' : asSentence(mail.because || 'the scribe is not sure of this letter')}
          </p>
        )}
        <p className="text-ink-muted">
          {me?.note
            ? 'Below it stand your note and a line that says how to be left alone.'
            : 'Below it stands a line that says how to be left alone. Who you are and where you can be reached belongs there too: see Settings.'}
          {me ? ` ${me.left_today.sends.toLocaleString()} can leave today; what is more waits for the next day.` : ''}
        </p>
        {send.error ? (
          <p role="alert" className="rounded-md bg-danger-soft px-4 py-3 text-danger">
            {send.error.message}
          </p>
        ) : null}
      </form>
    </Dialog>
  );
}

function saidOf({ sent }: Mail, timeZone: string): string {
  if (sent.state === 'asked') return 'It waits for an approval.';
  const told = sent.because ? ` ${asSentence(sent.because)}` : '';
  if (sent.state === 'queued' && sent.at && Date.parse(sent.at) > Date.now() + 60_000)
    return `It leaves on ${formatWhen(new Date(sent.at), timeZone)}.${told}`;
  return sent.state === 'refused' || sent.state === 'failed' ? `It was not sent.${told}` : `It is on its way.${told}`;
}

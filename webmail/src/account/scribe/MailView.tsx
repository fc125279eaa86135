// One mail: its four steps while it is written, then the letter with its sources beside it (on a phone: over it).
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { asSentence } from '@/api/rest';
import { Dialog } from '@/ui/Dialog';
import { Panel } from '../Panel';
import { isOver, mailQuery, SCRIBE, standingQuery } from './api';
import { EditForm } from './EditForm';
import { type Chosen, Letter } from './Letter';
import { HowMade, LeftOut } from './Making';
import { OneSource, SourceList } from './Sources';
import { Steps } from './Steps';
import type { Standing as HowFar, Mail } from './types';
import { useWide } from './useWide';
import { SENT, STEP_WORDS } from './words';

interface Props {
  mail: Mail;
  editing: boolean;
  onEdited: () => void;
}

export function MailView({ mail, editing, onEdited }: Props) {
  if (mail.status !== 'COMPLETED') return <Writing mail={mail} />;
  return <Written mail={mail} editing={editing} onEdited={onEdited} />;
}

function Writing({ mail }: { mail: Mail }) {
  const client = useQueryClient();
  const { data: standing, dataUpdatedAt: toldAt } = useQuery(standingQuery(mail.id));
  const stale = isBehind(mail, standing);
  const over = isOver(standing);
  const { id } = mail;
  // As often as it is told anew, until the mail says the same.
  useEffect(() => {
    if (stale && toldAt) void client.invalidateQueries({ queryKey: mailQuery(id).queryKey });
  }, [client, stale, toldAt, id]);
  useEffect(() => {
    if (!over) return;
    void client.invalidateQueries({ queryKey: [...SCRIBE, 'mails'] });
    void client.invalidateQueries({ queryKey: [...SCRIBE, 'me'] });
  }, [client, over]);
  const failed = mail.failed_step ? STEP_WORDS[mail.failed_step].label.toLowerCase() : '';
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Panel title={mail.status === 'FAILED' ? 'It could not be written' : 'The four steps'}>
        {mail.status === 'FAILED' ? (
          <div role="alert" className="mb-4 rounded-md bg-danger-soft px-4 py-3 text-danger">
            <p className="break-words">{asSentence(mail.error || 'the reason is not known')}</p>
            {failed ? (
              <p className="mt-1 text-xs">It stopped at: {failed}. Steps that are done are not done again.</p>
            ) : null}
          </div>
        ) : mail.status === 'CANCELLED' ? (
          <p className="mb-4 text-ink-muted">It was cancelled.</p>
        ) : null}
        <Steps standing={standing} />
      </Panel>
      <Panel title="What is asked for">
        <p className="text-[13px] break-words whitespace-pre-wrap">{mail.template}</p>
        {mail.recipient_interest ? (
          <p className="mt-4 break-words text-ink-muted">Of interest: {mail.recipient_interest}</p>
        ) : null}
      </Panel>
    </div>
  );
}

/** Whether the mail says something older than its standing. */
function isBehind({ status }: Mail, standing: HowFar | undefined): boolean {
  if (status !== 'PENDING' && status !== 'PROCESSING') return false;
  return isOver(standing) || (status === 'PENDING' && standing?.status === 'STARTED');
}

function Written({ mail, editing, onEdited }: Props) {
  const wide = useWide();
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [open, setOpen] = useState<number | null>(null);
  const number = chosen?.evidence.number ?? open;
  const close = () => {
    setChosen(null);
    setOpen(null);
  };
  const source =
    number === null ? null : (
      <OneSource mail={mail} number={number} evidence={chosen?.evidence} {...(wide ? { onBack: close } : {})} />
    );
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="flex min-w-0 flex-col gap-4">
        <WhySent mail={mail} />
        <Standing mail={mail} />
        <section aria-label="Letter" className="rounded-lg border border-line bg-surface p-4 sm:p-6">
          {editing ? (
            <EditForm mail={mail} onDone={onEdited} />
          ) : (
            <Letter mail={mail} chosen={chosen} onChoose={setChosen} />
          )}
        </section>
        <LeftOut mail={mail} />
        {wide ? <HowMade mail={mail} /> : null}
      </div>
      <div className="flex min-w-0 flex-col gap-4 lg:sticky lg:top-20">
        <Panel title="Sources" className="lg:flex lg:max-h-[calc(100dvh-13.5rem)] lg:flex-col lg:overflow-hidden">
          {wide && source ? source : <SourceList mail={mail} onOpen={setOpen} />}
        </Panel>
        {wide ? null : <HowMade mail={mail} />}
      </div>
      {!wide && source ? (
        <Dialog open onClose={close} title="Where it stands" width="wide">
          {source}
        </Dialog>
      ) : null}
    </div>
  );
}

/** Why it did not arrive, or leaves later than one thinks. */
function WhySent({ mail: { sent } }: { mail: Mail }) {
  const { state, because } = sent;
  if (!because || (state !== 'failed' && state !== 'refused' && state !== 'queued')) return null;
  const isBad = state !== 'queued';
  return (
    <p
      className={`rounded-md px-4 py-3 break-words ${isBad ? 'bg-danger-soft text-danger' : 'bg-sunken text-ink-muted'}`}
    >
      <strong className="font-semibold">{SENT[state].label}.</strong> {asSentence(because)}
    </p>
  );
}

/** Whether one may rely on it, and what was not possible. */
function Standing({ mail }: { mail: Mail }) {
  const { told } = mail.metadata;
  const because = mail.because.trim();
  return (
    <section
      aria-label="How sure it is"
      className={`rounded-md px-4 py-3 ${mail.is_confident ? 'bg-success-soft' : 'bg-warning-soft'}`}
    >
      <p className="break-words">
        <strong className="font-semibold">
          {mail.is_confident ? 'Its claims are checked.' : 'Look at it before you send it.'}
        </strong>{' '}
        {because ? asSentence(because) : ''}
      </p>
      {told ? <p className="mt-1 text-xs break-words">{asSentence(told)}</p> : null}
    </section>
  );
}

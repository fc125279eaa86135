// One batch: how far it is, and what one does with it as a whole.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Pause, Play, Send } from 'lucide-react';
import { useState } from 'react';
import { api } from '@/api/rest';
import { useSession } from '@/api/session';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { ConfirmDialog } from '@/ui/Dialog';
import { ProgressBar } from '@/ui/ProgressBar';
import { toast, toastError } from '@/ui/Toast';
import { formatTime } from '../format';
import { useTimeZone } from '../preferences';
import { batchPath, isMoving, SCRIBE } from './api';
import { SendBatch } from './SendBatch';
import type { Batch } from './types';
import { mails, overOf, progressInWords } from './words';

type Verb = 'pause' | 'resume' | 'cancel';
const SAID: Record<Verb, string> = {
  pause: 'Paused. What is being written is finished first.',
  resume: 'It goes on.',
  cancel: 'Cancelled. What is written stays.',
};

interface Props {
  batch: Batch;
  isChosen: boolean;
  onShow: (id: string) => void;
}

export function BatchCard({ batch, isChosen, onShow }: Props) {
  const client = useQueryClient();
  const timeZone = useTimeZone();
  const { user } = useSession();
  const [asking, setAsking] = useState<'cancel' | 'send' | null>(null);
  const name = batch.name || `Of ${formatTime(batch.created_at, timeZone)}`;
  const renew = () => client.invalidateQueries({ queryKey: SCRIBE });
  const act = useMutation({
    mutationFn: (verb: Verb) => api.post<Batch>(batchPath(batch.id, verb)),
    onSuccess: (_after, verb) => {
      toast({ text: SAID[verb], lasts: 3_000 });
      setAsking(null);
    },
    onError: (failure) => toastError(failure),
    onSettled: renew,
  });
  const written = batch.counts.COMPLETED ?? 0;
  const toSend = Math.max(0, batch.confident - batch.sent);
  const moving = isMoving(batch.counts) && !batch.cancelled_at;
  return (
    <li className="flex min-w-0 flex-col gap-3 rounded-md border border-line p-4">
      <div className="flex items-start justify-between gap-2">
        <h3 className="min-w-0 flex-1 font-medium break-words">{name}</h3>
        {batch.cancelled_at ? <Badge>Cancelled</Badge> : batch.paused ? <Badge tone="warning">Paused</Badge> : null}
      </div>
      <ProgressBar
        label={`Progress of ${name}`}
        hideLabel
        value={overOf(batch)}
        of={batch.total}
        text={progressInWords(batch)}
      />
      <p className="text-xs text-ink-muted">
        {[
          progressInWords(batch),
          written ? `${batch.confident.toLocaleString()} checked throughout` : '',
          batch.sent ? `${batch.sent.toLocaleString()} sent` : '',
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      <div className="flex flex-wrap gap-2">
        <Button
          size="small"
          aria-label={`${isChosen ? 'Show all batches' : 'Show its mails'}: ${name}`}
          onClick={() => onShow(isChosen ? '' : batch.id)}
        >
          {isChosen ? 'Show all batches' : 'Show its mails'}
        </Button>
        {moving ? (
          <Button
            size="small"
            aria-label={`${batch.paused ? 'Go on' : 'Pause'}: ${name}`}
            busy={act.isPending && act.variables !== 'cancel'}
            icon={batch.paused ? <Play aria-hidden="true" /> : <Pause aria-hidden="true" />}
            onClick={() => act.mutate(batch.paused ? 'resume' : 'pause')}
          >
            {batch.paused ? 'Go on' : 'Pause'}
          </Button>
        ) : null}
        {moving ? (
          <Button size="small" aria-label={`Cancel: ${name}`} onClick={() => setAsking('cancel')}>
            Cancel
          </Button>
        ) : null}
        {toSend && user.has_mailbox ? (
          <Button
            size="small"
            aria-label={`Send the confident ones: ${name}`}
            icon={<Send aria-hidden="true" />}
            onClick={() => setAsking('send')}
          >
            Send the confident ones
          </Button>
        ) : null}
      </div>
      <ConfirmDialog
        open={asking === 'cancel'}
        onClose={() => setAsking(null)}
        title="Cancel what is not written yet?"
        description={`${mails((batch.counts.PENDING ?? 0) + (batch.counts.PROCESSING ?? 0))} of “${name}” will not be written. What is written stays.`}
        action="Cancel them"
        dangerous
        busy={act.isPending}
        onConfirm={() => act.mutate('cancel')}
      />
      {asking === 'send' ? (
        <SendBatch batch={batch} name={name} atMost={toSend} onClose={() => setAsking(null)} onSent={renew} />
      ) : null}
    </li>
  );
}

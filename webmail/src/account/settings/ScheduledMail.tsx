// Settings "Scheduled": mail that waits for its time, to be moved to another time, taken back or edited.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CalendarClock } from 'lucide-react';
import { useState } from 'react';
import { Loaded, Panel } from '@/account/Panel';
import { shortName } from '@/compose/addresses';
import { type Scheduled, scheduledQuery, takeBack } from '@/compose/mail';
import { openComposer } from '@/compose/open';
import { formatWhen } from '@/compose/schedule';
import { Button } from '@/ui/Button';
import { ConfirmDialog } from '@/ui/Dialog';
import { EmptyState } from '@/ui/EmptyState';
import { toast, toastError } from '@/ui/Toast';
import { useTimeZone } from '../preferences';

export function ScheduledMail() {
  const scheduled = useQuery(scheduledQuery);
  return (
    <Panel
      title="Scheduled mail"
      description="It waits on the server and leaves at its time, whether you are here or not."
    >
      <Loaded of={scheduled} what="scheduled mail">
        {(found) =>
          found.length === 0 ? (
            <EmptyState icon={<CalendarClock aria-hidden="true" />} title="Nothing is waiting to be sent.">
              <p>Choose “Send later” beside the Send button of a message.</p>
            </EmptyState>
          ) : (
            <ul className="divide-y divide-line">
              {found.map((one) => (
                <One key={one.submission.id} scheduled={one} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

function One({ scheduled: { submission, email } }: { scheduled: Scheduled }) {
  const timeZone = useTimeZone();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const back = useMutation({
    mutationFn: () => takeBack(submission.id),
    onSettled: () => client.invalidateQueries({ queryKey: scheduledQuery.queryKey }),
    onError: (failure) => toastError(failure),
  });
  const people = [...(email?.to ?? []), ...(email?.cc ?? []), ...(email?.bcc ?? [])];
  const recipients = people.map(shortName).join(', ') || submission.envelope?.rcptTo.map((one) => one.email).join(', ');
  return (
    <li className="flex flex-wrap items-center gap-4 py-3">
      <div className="min-w-48 flex-1">
        <p className="font-medium">{email?.subject || '(no subject)'}</p>
        <p className="text-ink-muted">To {recipients}</p>
      </div>
      <p className="tabular-nums">{formatWhen(new Date(submission.sendAt), timeZone)}</p>
      <div className="flex gap-2">
        <Button
          size="small"
          busy={back.isPending}
          onClick={() =>
            back.mutate(undefined, {
              onSuccess: () => openComposer({ kind: 'draft', accountId: '', emailId: submission.emailId }),
            })
          }
        >
          Edit
        </Button>
        <Button size="small" look="danger" disabled={back.isPending} onClick={() => setAsking(true)}>
          Do not send
        </Button>
      </div>
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title="Do not send this message?"
        description="It goes back to Drafts."
        action="Do not send"
        dangerous
        busy={back.isPending}
        onConfirm={() =>
          back.mutate(undefined, {
            onSuccess: () => {
              setAsking(false);
              toast({ text: 'It is in Drafts again.' });
            },
          })
        }
      />
    </li>
  );
}

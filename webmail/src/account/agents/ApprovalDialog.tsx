// One approval: the message exactly as it would leave, why it is asked, and the two answers.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Download, Paperclip } from 'lucide-react';
import { useState } from 'react';
import { Loaded } from '@/account/Panel';
import { ApiError, api, asSentence } from '@/api/rest';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { toast, toastError } from '@/ui/Toast';
import { sentence } from '../dashboard/api';
import { formatAgo, formatBytes, formatTime } from '../format';
import { useTimeZone } from '../preferences';
import {
  AGENTS,
  type Approval,
  type ApprovalInFull,
  type ApprovalStatus,
  approvalQuery,
  pathOf,
  type ShownMessage,
} from './api';
import { approvalStatus, wish, withoutStop } from './words';

export function ApprovalDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const approval = useQuery(approvalQuery(id));
  const client = useQueryClient();
  const [told, setTold] = useState('');
  const decide = useMutation({
    mutationFn: (verdict: 'approve' | 'reject') => api.post<Approval>(`${pathOf(id)}/${verdict}`),
    onSuccess: (_answer, verdict) => {
      toast({ text: verdict === 'approve' ? 'Approved. It is being sent.' : 'Rejected. It is not sent.' });
      onClose();
    },
    onError: (failure) => {
      // 409: somebody, perhaps oneself in the mail, was first; or the stop switch is thrown. Neither is a fault.
      if (failure instanceof ApiError && failure.status === 409) setTold(failure.message);
      else toastError(failure);
    },
    onSettled: () => client.invalidateQueries({ queryKey: AGENTS }),
  });
  const found = approval.data;
  const open = found?.status === 'pending' && found.message !== null;
  return (
    <Dialog
      open
      onClose={onClose}
      title={found ? found.subject || '(no subject)' : 'Approval'}
      width="wide"
      footer={
        open ? (
          <>
            <Button
              look="danger"
              busy={decide.isPending && decide.variables === 'reject'}
              disabled={decide.isPending}
              onClick={() => decide.mutate('reject')}
            >
              Reject
            </Button>
            <Button
              look="primary"
              busy={decide.isPending && decide.variables === 'approve'}
              disabled={decide.isPending}
              onClick={() => decide.mutate('approve')}
            >
              Approve and send
            </Button>
          </>
        ) : (
          <Button onClick={onClose}>Close</Button>
        )
      }
    >
      {told ? (
        <p role="status" className="mb-4 rounded-md bg-warning-soft px-4 py-3">
          {told}
        </p>
      ) : null}
      <Loaded of={approval} what="approval">
        {(one) => <Content approval={one} />}
      </Loaded>
    </Dialog>
  );
}

const GOES: Record<ApprovalStatus, string> = {
  pending: 'It goes to',
  approved: 'It goes to',
  done: 'It goes to',
  refused: 'It was for',
  rejected: 'It was for',
  expired: 'It was for',
};

function Content({ approval }: { approval: ApprovalInFull }) {
  const { label, tone } = approvalStatus(approval.status);
  const { message } = approval;
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-col gap-2">
        <div>
          <Badge tone={tone}>{label}</Badge>
        </div>
        <p className="break-words">
          {sentence(approval.agent)} {approval.status === 'pending' ? 'wants' : 'wanted'} to {wish(approval)}.{' '}
          {approval.status === 'pending' ? 'You are asked' : 'You were asked'} because {withoutStop(approval.because)}.
        </p>
        <Fate approval={approval} />
      </div>
      <section aria-label="Recipients" className="rounded-md border border-line-strong/50 px-4 py-3">
        <h3 className="text-xs text-ink-muted">
          {GOES[approval.status]}{' '}
          {approval.recipients.length === 1 ? 'this address' : `these ${approval.recipients.length} addresses`} and
          nobody else
        </h3>
        <ul className="mt-1 flex flex-wrap gap-x-6 gap-y-1 text-base font-semibold">
          {approval.recipients.map((each) => (
            <li key={each} className="min-w-0 break-all">
              {each}
            </li>
          ))}
        </ul>
        <p className="mt-1 text-xs break-all text-ink-muted">from {approval.sender}</p>
      </section>
      {message === null ? (
        <p className="text-ink-muted">The message itself is not kept any more.</p>
      ) : (
        <Message message={message} raw={`${pathOf(approval.id)}/raw`} checksum={approval.checksum} />
      )}
    </div>
  );
}

/** What became of it, or until when it can be decided. */
function Fate({ approval }: { approval: ApprovalInFull }) {
  const timeZone = useTimeZone();
  const { status, decided_at: decided, decided_by: by, expires_at: expires, outcome } = approval;
  if (status === 'pending') {
    return (
      <p className="text-xs text-ink-muted">
        It can be decided until {formatTime(expires, timeZone)} ({formatAgo(expires)}).
      </p>
    );
  }
  return (
    <div className="text-ink-muted">
      {decided ? (
        <p className="break-words">
          {status === 'rejected' ? 'Rejected' : 'Approved'} by {by}, {formatTime(decided, timeZone)}.
        </p>
      ) : (
        <p>Nobody answered until {formatTime(expires, timeZone)}.</p>
      )}
      {outcome ? <p className="break-words">{asSentence(outcome)}</p> : null}
    </div>
  );
}

function Message({ message, raw, checksum }: { message: ShownMessage; raw: string; checksum: string }) {
  return (
    <section aria-label="Message" className="flex flex-col gap-4">
      <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-1">
        {message.headers.map(({ name, value }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: fields never move, and a name may come twice
          <div key={at} className="contents">
            <dt className="text-ink-muted">{name}</dt>
            <dd className="break-words whitespace-pre-wrap">{value}</dd>
          </div>
        ))}
      </dl>
      <Words label="Text" text={message.text || '(no text)'} />
      {message.other_text ? (
        <div>
          <p className="mb-1 font-medium text-warning">Readers of HTML see another text:</p>
          <Words label="Text of the HTML" text={message.other_text} />
        </div>
      ) : null}
      {message.shortened ? (
        <p className="text-warning">The text is longer than can be shown here. The exact bytes have all of it.</p>
      ) : null}
      {message.attachments.length > 0 ? (
        <ul aria-label="Attachments" className="flex flex-col gap-1">
          {message.attachments.map((file, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: files never move, and a name may come twice
            <li key={at} className="flex items-center gap-2">
              <Paperclip size={16} aria-hidden="true" className="shrink-0 text-ink-muted" />
              <span className="min-w-0 font-medium break-all">{file.name}</span>
              <span className="shrink-0 text-xs text-ink-muted">
                {file.type}, {formatBytes(file.size)}
              </span>
            </li>
          ))}
        </ul>
      ) : null}
      <p className="flex flex-wrap items-center gap-x-2 text-xs text-ink-muted">
        <a
          href={raw}
          download="approval.eml"
          className="inline-flex items-center gap-1 font-medium text-accent underline underline-offset-2"
        >
          <Download size={14} aria-hidden="true" />
          The exact bytes
        </a>
        <span className="min-w-0 break-all">
          {formatBytes(message.size)}, SHA-256 {checksum}
        </span>
      </p>
    </section>
  );
}

/** Never anything but plain text. */
function Words({ label, text }: { label: string; text: string }) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      className="max-h-96 overflow-y-auto rounded-md border border-line bg-sunken p-4 leading-relaxed break-words whitespace-pre-wrap"
    >
      {text}
    </section>
  );
}

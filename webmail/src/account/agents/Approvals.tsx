// What agents ask: what waits for one's decision, and what became of what was asked before.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { MailCheck } from 'lucide-react';
import { Failed, Loaded, Panel } from '@/account/Panel';
import { asSentence } from '@/api/rest';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Loading } from '@/ui/Spinner';
import { sentence } from '../dashboard/api';
import { formatAgo, formatTime } from '../format';
import { useTimeZone } from '../preferences';
import { type Approval, earlierQuery, pendingQuery } from './api';
import { approvalStatus, wish, withoutStop } from './words';

interface Props {
  onOpen: (approval: string) => void;
}

export function Pending({ onOpen }: Props) {
  const pending = useQuery(pendingQuery);
  return (
    <Panel
      title="Waiting for your approval"
      description="Agents want to send this, and nothing you said or allowed covers it. Look at it, then decide."
    >
      <Loaded of={pending} what="approvals">
        {(found) =>
          found.length === 0 ? (
            <p className="flex items-center gap-2 text-ink-muted">
              <MailCheck size={16} aria-hidden="true" /> Nothing waits for you.
            </p>
          ) : (
            <ul className="flex flex-col gap-2">
              {found.map((one) => (
                <Waiting key={one.id} approval={one} onOpen={onOpen} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Waiting({ approval, onOpen }: { approval: Approval } & Props) {
  const { subject, recipients } = approval;
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3 rounded-md border border-warning/40 bg-warning-soft/40 p-4">
      <div className="min-w-0 flex-1 basis-72">
        <h3 className="font-semibold break-words">{subject || '(no subject)'}</h3>
        <p className="break-words">
          {sentence(approval.agent)} wants to {wish(approval)}
        </p>
        <p className="break-words">
          <span className="text-ink-muted">To </span>
          <span className="font-medium">{shortly(recipients)}</span>
        </p>
        <p className="mt-1 text-xs break-words text-ink-muted">
          You are asked because {withoutStop(approval.because)}. Asked {formatAgo(approval.created_at)}, expires{' '}
          {formatAgo(approval.expires_at)}.
        </p>
      </div>
      <Button
        look="primary"
        aria-label={`Look and decide: ${subject || 'no subject'}`}
        onClick={() => onOpen(approval.id)}
      >
        Look and decide
      </Button>
    </li>
  );
}

function shortly(recipients: string[]): string {
  const shown = recipients.slice(0, 3).join(', ');
  return recipients.length > 3 ? `${shown} and ${recipients.length - 3} more` : shown;
}

export function Earlier({ onOpen }: Props) {
  const earlier = useInfiniteQuery(earlierQuery);
  const found = earlier.data?.pages.flatMap(({ approvals }) => approvals).filter(({ status }) => status !== 'pending');
  if (found?.length === 0 && !earlier.hasNextPage) return null;
  return (
    <Panel title="Earlier approvals">
      {found === undefined ? (
        earlier.isError ? (
          <Failed what="earlier approvals" reason={earlier.error.message} onRetry={() => void earlier.refetch()} />
        ) : (
          <Loading label="Loading earlier approvals" />
        )
      ) : (
        <ul className="-mx-2 divide-y divide-line">
          {found.map((one) => (
            <Decided key={one.id} approval={one} onOpen={onOpen} />
          ))}
        </ul>
      )}
      {earlier.hasNextPage ? (
        <div className="mt-4 flex justify-center">
          <Button busy={earlier.isFetchingNextPage} onClick={() => void earlier.fetchNextPage()}>
            Show earlier ones
          </Button>
        </div>
      ) : null}
    </Panel>
  );
}

function Decided({ approval, onOpen }: { approval: Approval } & Props) {
  const timeZone = useTimeZone();
  const { label, tone } = approvalStatus(approval.status);
  return (
    <li>
      <button
        type="button"
        onClick={() => onOpen(approval.id)}
        className="grid w-full grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 rounded-md px-2 py-3 text-left hover:bg-hover"
      >
        <span className="min-w-0">
          <span className="block truncate font-medium">{approval.subject || '(no subject)'}</span>
          <span className="block truncate text-xs text-ink-muted">
            {sentence(approval.agent)} to {shortly(approval.recipients)}
          </span>
          {approval.outcome && approval.status === 'refused' ? (
            <span className="block text-xs break-words text-danger">{asSentence(approval.outcome)}</span>
          ) : null}
        </span>
        <span className="flex flex-col items-end gap-1">
          <Badge tone={tone}>{label}</Badge>
          <span className="text-xs text-ink-muted">
            {formatTime(approval.decided_at ?? approval.expires_at, timeZone)}
          </span>
        </span>
      </button>
    </li>
  );
}

// What waits and what is being written: batches with their progress, and every mail of them or of all.
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { ListChecks, RotateCcw, Users, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { EmptyState } from '@/ui/EmptyState';
import { Select } from '@/ui/Field';
import { IconButton } from '@/ui/IconButton';
import { Loading } from '@/ui/Spinner';
import { Failed, Loaded, Panel } from '../Panel';
import { batchesQuery, queueQuery } from './api';
import { BatchCard } from './BatchCard';
import { BatchDialog } from './BatchDialog';
import { useQueueVerb } from './MailActions';
import type { QueueItem } from './types';
import { badgeOf, isLeaving, STATUSES, STEP_WORDS } from './words';

interface Props {
  /** The batch one looks at; empty: all. */
  batch: string;
  onBatch: (id: string) => void;
  onOpen: (id: string) => void;
}

export function Queue({ batch, onBatch, onOpen }: Props) {
  const batches = useQuery(batchesQuery);
  const [adding, setAdding] = useState(false);
  const over = new Set(batches.data?.flatMap(({ id, cancelled_at }) => (cancelled_at ? [id] : [])));
  const shown = batches.data?.filter(({ id }) => !batch || id === batch);
  return (
    <div className="flex flex-col gap-4">
      <Panel
        title="Batches"
        description="Many recipients, one template: each gets a mail of their own, in the order of your list."
        actions={
          <Button look="primary" icon={<Users aria-hidden="true" />} onClick={() => setAdding(true)}>
            Write to many
          </Button>
        }
      >
        <Loaded of={batches} what="batches">
          {() =>
            shown && shown.length > 0 ? (
              <ul className="grid gap-4 md:grid-cols-2">
                {shown.map((one) => (
                  <BatchCard key={one.id} batch={one} isChosen={one.id === batch} onShow={onBatch} />
                ))}
              </ul>
            ) : (
              <p className="text-ink-muted">None yet. A table of recipients (CSV) is enough to begin.</p>
            )
          }
        </Loaded>
      </Panel>
      <Items batch={batch} over={over} onOpen={onOpen} />
      {adding ? (
        <BatchDialog
          onClose={() => setAdding(false)}
          onMade={(id) => {
            setAdding(false);
            onBatch(id);
          }}
        />
      ) : null}
    </div>
  );
}

interface ItemsProps extends Omit<Props, 'onBatch'> {
  /** Batches that were cancelled: nothing of them begins any more. */
  over: ReadonlySet<string>;
}

function Items({ batch, over, onOpen }: ItemsProps) {
  const [status, setStatus] = useState('');
  const queue = useInfiniteQuery(queueQuery({ batch, status }));
  const found = queue.data?.pages.flatMap((page) => page.items);
  const counts = queue.data?.pages[0]?.counts ?? {};
  const client = useQueryClient();
  const leaving = found?.filter(({ sent }) => isLeaving(sent)).length ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: batches count what has left, whenever that changes
  useEffect(() => {
    void client.invalidateQueries({ queryKey: batchesQuery.queryKey });
  }, [client, leaving]);
  return (
    <Panel
      title={batch ? 'Mails of this batch' : 'In the queue'}
      actions={
        <Select
          label="Show"
          hideLabel
          value={status}
          onChange={setStatus}
          options={[
            { value: '', label: 'All' },
            ...Object.entries(STATUSES).map(([value, { label }]) => {
              const count = counts[value as keyof typeof counts];
              return { value, label: count ? `${label} (${count.toLocaleString()})` : label };
            }),
          ]}
        />
      }
    >
      {found === undefined ? (
        queue.isError ? (
          <Failed what="queue" reason={queue.error.message} onRetry={() => void queue.refetch()} />
        ) : (
          <Loading label="Loading the queue" />
        )
      ) : found.length === 0 ? (
        <EmptyState icon={<ListChecks aria-hidden="true" />} title="Nothing here." />
      ) : (
        <ul className="-mx-2 divide-y divide-line">
          {found.map((item) => (
            <OneItem key={item.id} item={item} isOver={over.has(item.batch_id ?? '')} onOpen={onOpen} />
          ))}
        </ul>
      )}
      {queue.hasNextPage ? (
        <div className="mt-4 flex justify-center">
          <Button busy={queue.isFetchingNextPage} onClick={() => void queue.fetchNextPage()}>
            Show more
          </Button>
        </div>
      ) : null}
    </Panel>
  );
}

interface OneProps {
  item: QueueItem;
  isOver: boolean;
  onOpen: (id: string) => void;
}

function OneItem({ item, isOver, onOpen }: OneProps) {
  const verb = useQueueVerb();
  const badge = badgeOf(item);
  const step =
    item.status === 'PROCESSING' && item.current_step
      ? STEP_WORDS[item.current_step].doing
      : item.status === 'PENDING' && item.position !== null
        ? item.position === 0
          ? 'next'
          : `${item.position.toLocaleString()} before it`
        : '';
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-2 py-3 hover:bg-hover">
      <button
        type="button"
        onClick={() => onOpen(item.email_id ?? item.id)}
        className="min-w-0 flex-1 basis-64 text-left"
      >
        <span className="block truncate font-medium">{item.recipient_name}</span>
        <span className={`block truncate text-xs ${item.error_message ? 'text-danger' : 'text-ink-muted'}`}>
          {item.error_message || [item.recipient_email, item.recipient_interest].filter(Boolean).join(' · ')}
        </span>
      </button>
      <span className="flex items-center gap-2">
        {step ? <span className="text-xs text-ink-muted">{step}</span> : null}
        <Badge tone={badge.tone}>{badge.label}</Badge>
        {(item.status === 'FAILED' || item.status === 'CANCELLED') && !isOver ? (
          <IconButton
            size="small"
            label={`Try again: ${item.recipient_name}`}
            icon={<RotateCcw size={16} aria-hidden="true" />}
            onClick={() => verb.mutate({ id: item.id, verb: 'retry' })}
          />
        ) : null}
        {item.status === 'PENDING' || item.status === 'PROCESSING' ? (
          <IconButton
            size="small"
            label={`Cancel: ${item.recipient_name}`}
            icon={<X size={16} aria-hidden="true" />}
            onClick={() => verb.mutate({ id: item.id, verb: 'cancel' })}
          />
        ) : null}
      </span>
    </li>
  );
}

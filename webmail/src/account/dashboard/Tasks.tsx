// What the agents did: a list that stays fresh, filtered by status; a click opens the trace of one.
import { useInfiniteQuery } from '@tanstack/react-query';
import { ClipboardList } from 'lucide-react';
import { Failed, Panel } from '@/account/Panel';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { EmptyState } from '@/ui/EmptyState';
import { Select } from '@/ui/Field';
import { Loading } from '@/ui/Spinner';
import { formatAgo, formatCost, formatDuration, formatTime } from '../format';
import { useTimeZone } from '../preferences';
import { FILTERS, sentence, stageOf, statusOf, type Task, tasksQuery } from './api';

interface Props {
  status: string | undefined;
  onStatus: (status: string | undefined) => void;
  onOpen: (task: string) => void;
}

export function Tasks({ status, onStatus, onOpen }: Props) {
  const tasks = useInfiniteQuery(tasksQuery(status));
  const found = tasks.data?.pages.flatMap((page) => page.tasks);
  return (
    <Panel
      title="Task history"
      actions={
        <Select
          label="Status"
          hideLabel
          value={status ?? 'all'}
          onChange={(value) => onStatus(value === 'all' ? undefined : value)}
          options={[{ value: 'all', label: 'Every status' }, ...FILTERS]}
        />
      }
    >
      {found === undefined ? (
        tasks.isError ? (
          <Failed what="tasks" reason={tasks.error.message} onRetry={() => void tasks.refetch()} />
        ) : (
          <Loading label="Loading tasks" />
        )
      ) : found.length === 0 ? (
        <EmptyState
          icon={<ClipboardList aria-hidden="true" />}
          title={status ? 'No task has this status.' : 'No tasks yet.'}
        >
          {status ? null : <p>Mail an agent something to do; it shows up here while it is being worked on.</p>}
        </EmptyState>
      ) : (
        <ul className="-mx-2 divide-y divide-line">
          {found.map((task) => (
            <OneTask key={task.id} task={task} onOpen={onOpen} />
          ))}
        </ul>
      )}
      {tasks.hasNextPage ? (
        <div className="mt-4 flex justify-center">
          <Button busy={tasks.isFetchingNextPage} onClick={() => void tasks.fetchNextPage()}>
            Show earlier tasks
          </Button>
        </div>
      ) : null}
    </Panel>
  );
}

function OneTask({ task, onOpen }: { task: Task; onOpen: (task: string) => void }) {
  const timeZone = useTimeZone();
  const { label, tone } = statusOf(task.status);
  return (
    <li>
      <button
        type="button"
        onClick={() => onOpen(task.id)}
        className="grid w-full grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 rounded-md px-2 py-3 text-left hover:bg-hover md:grid-cols-[6rem_minmax(0,1fr)_8rem_6rem_6rem]"
      >
        <span className="order-2 justify-self-end md:order-none md:justify-self-start">
          <Badge tone={tone}>{label}</Badge>
        </span>
        <span className="order-1 min-w-0 md:order-none">
          <span className="block truncate font-medium">{task.subject || sentence(task.kind)}</span>
          <span className="block truncate text-xs text-ink-muted">
            {sentence(task.agent)}
            {stageOf(task) ? ` · ${stageOf(task)}` : task.because ? ` · ${task.because}` : ''}
          </span>
        </span>
        <span className="order-3 text-xs text-ink-muted md:order-none" title={formatAgo(task.created_at)}>
          {formatTime(task.created_at, timeZone)}
        </span>
        <span className="order-4 justify-self-end text-xs text-ink-muted tabular-nums md:order-none">
          <span className="sr-only">took </span>
          {formatDuration(task.seconds)}
        </span>
        <span className="order-5 hidden justify-self-end text-xs text-ink-muted tabular-nums md:order-none md:block">
          <span className="sr-only">cost </span>
          {formatCost(task.cost_usd)}
        </span>
      </button>
    </li>
  );
}

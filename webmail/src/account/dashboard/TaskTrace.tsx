// One task in full: its facts, every step with its reason, and what the models were asked and cost.
import { useQuery } from '@tanstack/react-query';
import { Loaded } from '@/account/Panel';
import { asSentence } from '@/api/rest';
import { Badge } from '@/ui/Badge';
import { Dialog } from '@/ui/Dialog';
import { formatCost, formatDuration, formatTime } from '../format';
import { useTimeZone } from '../preferences';
import { detailText, isOver, sentence, statusOf, type TaskTrace as Trace, taskQuery } from './api';
import { callsQuery } from './calls';
import { ModelCallTable } from './ModelCalls';

const CALLS_POLL_MS = 5_000; // while the task is worked on

export function TaskTrace({ id, onClose }: { id: string; onClose: () => void }) {
  const task = useQuery(taskQuery(id));
  return (
    <Dialog open onClose={onClose} title={task.data?.subject || 'Task'} width="wide">
      <Loaded of={task} what="task">
        {(found) => <Content task={found} />}
      </Loaded>
    </Dialog>
  );
}

function Content({ task }: { task: Trace }) {
  const timeZone = useTimeZone();
  const { label, tone } = statusOf(task.status);
  const facts: [string, string][] = [
    ['Agent', sentence(task.agent)],
    ['Began', formatTime(task.created_at, timeZone)],
    ['Took', formatDuration(task.seconds)],
    ['Cost', formatCost(task.cost_usd)],
    ['Tokens', task.tokens === null ? '–' : task.tokens.toLocaleString()],
  ];
  return (
    <div className="flex flex-col gap-6">
      <div className="flex flex-col gap-2">
        <div>
          <Badge tone={tone}>{label}</Badge>
        </div>
        {task.because ? <p>{asSentence(task.because)}</p> : null}
      </div>
      <dl className="grid grid-cols-2 gap-4 sm:grid-cols-5">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="text-xs text-ink-muted">{name}</dt>
            <dd className="font-medium tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
      <section aria-labelledby="task-steps">
        <h3 id="task-steps" className="mb-2 font-semibold">
          What happened
        </h3>
        {task.events.length === 0 ? <p className="text-ink-muted">Nothing has happened yet.</p> : <Steps task={task} />}
      </section>
      <Calls task={task} />
    </div>
  );
}

function Calls({ task }: { task: Trace }) {
  const calls = useQuery(callsQuery('tasks', task.id, isOver(task) ? false : CALLS_POLL_MS));
  if (task.model_calls.length === 0 && !calls.data?.length) return null;
  return (
    <section aria-labelledby="task-calls">
      <h3 id="task-calls" className="mb-2 font-semibold">
        Model calls
      </h3>
      <Loaded of={calls} what="model calls">
        {(found) => <ModelCallTable calls={found} />}
      </Loaded>
    </section>
  );
}

function Steps({ task }: { task: Trace }) {
  const timeZone = useTimeZone();
  const second = new Intl.DateTimeFormat(undefined, { timeZone, timeStyle: 'medium' });
  return (
    <ol className="flex flex-col">
      {task.events.map((event, at) => {
        const detail = detailText(event.detail);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: events are only ever added at the end
          <li key={at} className="relative flex gap-4 pb-4 pl-6 last:pb-0">
            <span
              aria-hidden="true"
              className="absolute top-1.5 left-1 size-2 rounded-full bg-accent ring-4 ring-raised"
            />
            {at < task.events.length - 1 ? (
              <span aria-hidden="true" className="absolute top-4 bottom-0 left-[7px] w-px bg-line" />
            ) : null}
            <div className="min-w-0 flex-1">
              <p className="font-medium">
                {sentence(event.stage || event.status)}
                {event.stage && event.stage !== event.status ? (
                  <span className="ml-2 font-normal text-ink-muted">{statusOf(event.status).label.toLowerCase()}</span>
                ) : null}
              </p>
              {detail ? <p className="break-words text-ink-muted">{asSentence(detail)}</p> : null}
            </div>
            <time dateTime={event.at} className="shrink-0 text-xs text-ink-muted tabular-nums">
              {second.format(new Date(event.at))}
            </time>
          </li>
        );
      })}
    </ol>
  );
}

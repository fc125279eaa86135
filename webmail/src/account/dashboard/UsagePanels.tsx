// The top of the dashboard: how much of the plan is used, which plan it is, and how full the mailbox is.
import { useQuery } from '@tanstack/react-query';
import { Loaded, Panel } from '@/account/Panel';
import { ProgressBar } from '@/ui/ProgressBar';
import { formatBytes, formatDay } from '../format';
import { useTimeZone } from '../preferences';
import { subscriptionQuery, type Usage, usageQuery } from './api';
import { PlanPanel } from './PlanPanel';

const NEARLY = 0.8; // of a limit: time to look

export function UsagePanels() {
  const usage = useQuery(usageQuery);
  const subscription = useQuery(subscriptionQuery);
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Panel title="Tasks">
        <Loaded of={usage} what="usage">
          {(value) => <Tasks usage={value} />}
        </Loaded>
      </Panel>
      <Panel title="Plan">
        <div className="flex flex-col gap-4">
          <Loaded of={subscription} what="plan">
            {(value) => <PlanPanel subscription={value} />}
          </Loaded>
          {usage.data?.mailbox ? <Storage mailbox={usage.data.mailbox} /> : null}
        </div>
      </Panel>
    </div>
  );
}

function Tasks({ usage }: { usage: Usage }) {
  const timeZone = useTimeZone();
  const { tasks_used: used, tasks_limit: limit, period } = usage;
  const left = limit === null ? null : Math.max(0, limit - used);
  const spent = limit !== null && used >= limit;
  return (
    <div className="flex flex-col gap-4">
      <p className="flex items-baseline gap-2">
        <span className="text-5xl font-semibold tracking-tight tabular-nums">{used.toLocaleString()}</span>
        <span className="text-lg text-ink-muted">
          {limit === null ? 'used, no limit' : `of ${limit.toLocaleString()} used`}
        </span>
      </p>
      {limit === null ? null : (
        <ProgressBar
          label="Tasks used"
          hideLabel
          value={Math.min(used, limit)}
          of={limit}
          text={`${used} of ${limit} tasks used`}
          tone={spent ? 'danger' : used >= limit * NEARLY ? 'warning' : 'accent'}
        />
      )}
      <p className={spent ? 'text-danger' : 'text-ink-muted'}>
        {left === null ? '' : spent ? 'None left. ' : `${left.toLocaleString()} left. `}
        {period ? `The count starts again on ${formatDay(period.to, timeZone)}.` : ''}
      </p>
    </div>
  );
}

function Storage({ mailbox: { used_bytes: used, quota_bytes: quota } }: { mailbox: NonNullable<Usage['mailbox']> }) {
  if (quota === null) return <p className="text-ink-muted">Mailbox: {formatBytes(used)}, no limit</p>;
  const share = quota > 0 ? used / quota : 1;
  return (
    <ProgressBar
      label="Mailbox"
      value={Math.min(used, quota)}
      of={quota}
      text={`${formatBytes(used)} of ${formatBytes(quota)}`}
      tone={share >= 0.95 ? 'danger' : share >= NEARLY ? 'warning' : 'accent'}
    />
  );
}

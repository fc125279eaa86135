// Models, for operators: who serves which purpose and changing that, the month's spending, the last hour, and usage by day.
import { useState } from 'react';
import { formatCost } from '@/account/format';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { ConfirmDialog } from '@/ui/Dialog';
import { ProgressBar } from '@/ui/ProgressBar';
import { Table } from '@/ui/Table';
import { ChooseModelsDialog } from './ChooseModelsDialog';
import { ModelUsage } from './ModelUsage';
import { type ModelsOverview, type ServingModels, type Spending, useAdmin, useChange, when } from './model';
import { Read, Section } from './parts';

const EVERY_MS = 15_000;
const NEARLY = 0.8; // of the limit: time to look

export default function Page() {
  const query = useAdmin<ModelsOverview>('models', {}, EVERY_MS);
  const known = query.data;
  return (
    <>
      <Read query={query}>
        {known ? (
          <>
            <Section
              title="Models"
              hint="The first is asked first, the next one when it fails. A change is followed everywhere within seconds, without a restart."
            >
              <ul className="grid gap-4 lg:grid-cols-2">
                {known.purposes.map((one) => (
                  <Purpose key={one.purpose} serving={one} />
                ))}
              </ul>
            </Section>
            <Section title="This month" hint="What every model cost for everybody, since the month began (UTC).">
              <Month month={known.month} />
            </Section>
            <Section title="Last hour" hint="How each model does, in every process.">
              <Table
                caption="Models in the last hour"
                rows={known.recent}
                rowKey={(one) => one.model}
                empty="No model was asked in the last hour."
                columns={[
                  { id: 'model', header: 'Model', cell: (one) => <span className="font-medium">{one.model}</span> },
                  {
                    id: 'state',
                    header: 'Last answer',
                    cell: (one) =>
                      latest(one) ? <Badge tone="success">answers</Badge> : <Badge tone="danger">fails</Badge>,
                  },
                  { id: 'calls', header: 'Calls', align: 'right', cell: (one) => one.calls },
                  { id: 'failed', header: 'Failed', align: 'right', cell: (one) => one.failed },
                  {
                    id: 'why',
                    header: 'Failures',
                    className: 'text-ink-muted',
                    cell: (one) =>
                      Object.entries(one.outcomes)
                        .filter(([outcome]) => outcome !== 'ok')
                        .map(([outcome, count]) => `${outcome} × ${count}`)
                        .join(', '),
                  },
                  { id: 'ok', header: 'Answered', className: 'whitespace-nowrap', cell: (one) => when(one.last_ok) },
                ]}
              />
            </Section>
          </>
        ) : null}
      </Read>
      <ModelUsage />
    </>
  );
}

/** Whether its last call was answered. */
function latest({ last_ok: ok, last_failure: failure }: { last_ok: string | null; last_failure: string | null }) {
  return ok !== null && (failure === null || ok >= failure);
}

function Purpose({ serving }: { serving: ServingModels }) {
  const [dialog, setDialog] = useState<'choose' | 'reset' | null>(null);
  const change = useChange(() => setDialog(null));
  const title = serving.purpose.charAt(0).toUpperCase() + serving.purpose.slice(1);
  return (
    <li className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4">
      <div>
        <div className="flex flex-wrap items-center justify-between gap-2">
          <h3 className="font-semibold">{title}</h3>
          <Badge tone={serving.chosen ? 'accent' : 'neutral'}>
            {serving.chosen ? 'chosen here' : 'as the settings say'}
          </Badge>
        </div>
        <p className="text-ink-muted">{serving.description}</p>
      </div>
      <ol aria-label={`Models that serve ${serving.purpose}`} className="flex flex-col gap-1">
        {serving.models.map((name, at) => (
          <li key={name} className="flex items-baseline gap-2">
            <span aria-hidden="true" className="w-4 shrink-0 text-right text-xs text-ink-muted tabular-nums">
              {at + 1}
            </span>
            <span className="min-w-0 font-medium break-all">{name}</span>
          </li>
        ))}
      </ol>
      {serving.chosen ? (
        <p className="text-xs break-words text-ink-muted">
          Chosen by {serving.chosen_by}, {when(serving.chosen_at)}. The settings say: {serving.settings.join(', ')}.
        </p>
      ) : null}
      <div className="mt-auto flex flex-wrap gap-2">
        <Button size="small" aria-label={`Change models of ${serving.purpose}`} onClick={() => setDialog('choose')}>
          Change models
        </Button>
        {serving.chosen ? (
          <Button
            size="small"
            look="quiet"
            aria-label={`Reset to settings: ${serving.purpose}`}
            onClick={() => setDialog('reset')}
          >
            Reset to settings
          </Button>
        ) : null}
      </div>
      {dialog === 'choose' ? <ChooseModelsDialog serving={serving} onClose={() => setDialog(null)} /> : null}
      <ConfirmDialog
        open={dialog === 'reset'}
        onClose={() => setDialog(null)}
        title={`Reset ${serving.purpose} to the settings`}
        description={`These serve it again: ${serving.settings.join(', ')}.`}
        action="Reset to settings"
        busy={change.isPending}
        onConfirm={() =>
          change.mutate({
            method: 'delete',
            path: `models/${serving.purpose}`,
            done: 'It is as the settings say again.',
          })
        }
      />
    </li>
  );
}

function Month({ month: { spent_usd: spent, limit_usd: limit, reached } }: { month: Spending }) {
  return (
    <div className="rounded-lg border border-line bg-surface p-4">
      {limit === null ? (
        <p>
          <span className="text-2xl font-semibold tabular-nums">{formatCost(spent)}</span>{' '}
          <span className="text-ink-muted">spent; the settings set no limit</span>
        </p>
      ) : (
        <ProgressBar
          label="Spent"
          value={Math.min(spent, limit)}
          of={limit}
          text={`${formatCost(spent)} of ${formatCost(limit)}`}
          tone={reached ? 'danger' : spent >= limit * NEARLY ? 'warning' : 'accent'}
        />
      )}
      {reached ? (
        <p role="alert" className="mt-2 text-danger">
          The limit is reached: until the next month only the built-in model is asked.
        </p>
      ) : null}
    </div>
  );
}

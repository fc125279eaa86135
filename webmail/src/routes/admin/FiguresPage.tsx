// Figures over time: mail in and out, and what models cost and how long they take.
import { useState } from 'react';
import { Select } from '@/ui/Field';
import { Table } from '@/ui/Table';
import { DayChart } from './DayChart';
import { type ModelDay, type TrafficDay, useAdmin } from './model';
import { byDay, byModel } from './modelDays';
import { Figure, Read, Section } from './parts';

export default function Page() {
  const [days, setDays] = useState('30');
  const traffic = useAdmin<{ days: TrafficDay[] }>('traffic', { days });
  const calls = useAdmin<{ days: ModelDay[] }>('model-calls', { days });
  const perDay = byDay(calls.data?.days ?? [], Number(days));
  const models = byModel(calls.data?.days ?? []);
  const cost = models.reduce((sum, one) => sum + one.cost_usd, 0);
  return (
    <>
      <Section
        title="Mail"
        actions={
          <Select
            label="Time"
            hideLabel
            value={days}
            onChange={setDays}
            options={[
              { value: '7', label: '7 days' },
              { value: '30', label: '30 days' },
              { value: '90', label: '90 days' },
            ]}
          />
        }
      >
        <Read query={traffic}>
          <DayChart
            title="Mail and tasks by day"
            rows={traffic.data?.days ?? []}
            kind="bar"
            series={[
              { key: 'received', label: 'received', colour: 'var(--accent)' },
              { key: 'sent', label: 'sent', colour: 'var(--success)' },
              { key: 'failed', label: 'failed', colour: 'var(--danger)' },
              { key: 'tasks', label: 'tasks', colour: 'var(--star)' },
            ]}
          />
        </Read>
      </Section>
      <Section title="Models">
        <Read query={calls}>
          <div className="mb-4 grid grid-cols-2 gap-4 sm:grid-cols-4">
            <Figure label="calls" value={models.reduce((sum, one) => sum + one.calls, 0)} />
            <Figure
              label="failed"
              value={models.reduce((sum, one) => sum + one.failed, 0)}
              warn={models.some((one) => one.failed > 0)}
            />
            <Figure label="cost" value={`$${cost.toFixed(2)}`} />
            <Figure label="tokens" value={models.reduce((sum, one) => sum + one.tokens, 0).toLocaleString()} />
          </div>
          <div className="grid gap-4 lg:grid-cols-2">
            <DayChart
              title="Calls by day"
              rows={perDay}
              kind="bar"
              series={[
                { key: 'calls', label: 'calls', colour: 'var(--accent)' },
                { key: 'failed', label: 'failed', colour: 'var(--danger)' },
              ]}
            />
            <DayChart
              title="Cost by day, in dollars"
              rows={perDay}
              kind="line"
              series={[{ key: 'cost_usd', label: 'cost', colour: 'var(--accent)' }]}
            />
          </div>
          <div className="mt-4">
            <Table
              caption="Model calls by model and purpose"
              rows={models}
              rowKey={(one) => `${one.model} ${one.purpose}`}
              empty="No model was called in this time."
              columns={[
                { id: 'model', header: 'Model', cell: (one) => <span className="font-medium">{one.model}</span> },
                { id: 'purpose', header: 'For', cell: (one) => one.purpose },
                { id: 'calls', header: 'Calls', align: 'right', cell: (one) => one.calls },
                { id: 'failed', header: 'Failed', align: 'right', cell: (one) => one.failed },
                { id: 'tokens', header: 'Tokens', align: 'right', cell: (one) => one.tokens.toLocaleString() },
                { id: 'cost', header: 'Cost', align: 'right', cell: (one) => `$${one.cost_usd.toFixed(4)}` },
                {
                  id: 'slow',
                  header: 'Slowest day, p95',
                  align: 'right',
                  cell: (one) => `${Math.round(one.p95_ms)} ms`,
                },
              ]}
            />
          </div>
        </Read>
      </Section>
    </>
  );
}

// What each model did by day, for everybody: calls and cost drawn, and all of it in a table.
import { useState } from 'react';
import { formatCost } from '@/account/format';
import { Select } from '@/ui/Field';
import { Table } from '@/ui/Table';
import { DayChart } from './DayChart';
import { type ModelDay, useAdmin } from './model';
import { byDayAndModel } from './modelDays';
import { Read, Section } from './parts';

const COLOURS = ['var(--accent)', 'var(--star)', 'var(--success)', 'var(--danger)', 'var(--line-strong)'];

export function ModelUsage() {
  const [days, setDays] = useState('30');
  const usage = useAdmin<{ days: ModelDay[] }>('models/usage', { days });
  const rows = usage.data?.days ?? [];
  const calls = byDayAndModel(rows, 'calls', Number(days), COLOURS.length);
  const cost = byDayAndModel(rows, 'cost_usd', Number(days), COLOURS.length);
  const series = ({ models }: typeof calls) =>
    models.map(({ key, label }, at) => ({ key, label, colour: COLOURS[at] ?? 'var(--ink-muted)' }));
  return (
    <Section
      title="Usage"
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
      <Read query={usage}>
        {rows.length > 0 ? (
          <div className="mb-4 grid gap-4 lg:grid-cols-2">
            <DayChart title="Calls by model" rows={calls.rows} kind="bar" stacked series={series(calls)} />
            <DayChart title="Cost by model, in dollars" rows={cost.rows} kind="line" series={series(cost)} />
          </div>
        ) : null}
        <Table
          caption="Usage by day, model and purpose"
          rows={[...rows].reverse()}
          rowKey={(one) => `${one.day} ${one.model} ${one.purpose}`}
          empty="No model was asked in this time."
          columns={[
            { id: 'day', header: 'Day', className: 'whitespace-nowrap', cell: (one) => one.day },
            { id: 'model', header: 'Model', cell: (one) => <span className="font-medium">{one.model}</span> },
            { id: 'purpose', header: 'For', cell: (one) => one.purpose },
            { id: 'calls', header: 'Calls', align: 'right', cell: (one) => one.calls.toLocaleString() },
            { id: 'failed', header: 'Failed', align: 'right', cell: (one) => one.failed.toLocaleString() },
            { id: 'in', header: 'Tokens in', align: 'right', cell: (one) => one.input_tokens.toLocaleString() },
            {
              id: 'cached',
              header: 'of these cached',
              align: 'right',
              cell: (one) => (one.cached_tokens ?? 0).toLocaleString(),
            },
            { id: 'out', header: 'Tokens out', align: 'right', cell: (one) => one.output_tokens.toLocaleString() },
            { id: 'cost', header: 'Cost', align: 'right', cell: (one) => formatCost(one.cost_usd) },
            { id: 'p50', header: 'p50', align: 'right', cell: (one) => milliseconds(one.p50_ms) },
            { id: 'p95', header: 'p95', align: 'right', cell: (one) => milliseconds(one.p95_ms) },
          ]}
        />
      </Read>
    </Section>
  );
}

function milliseconds(value: number) {
  return <span className="whitespace-nowrap">{Math.round(value).toLocaleString()} ms</span>;
}

// How a letter came about: what was left out and why, what was searched, how long it took and what it cost.
import { asSentence } from '@/api/rest';
import { formatCost, formatDuration } from '../format';
import type { Mail } from './types';
import { STEP_WORDS, STEPS, TYPES } from './words';

export function LeftOut({ mail }: { mail: Mail }) {
  const dropped = mail.metadata.dropped ?? [];
  if (dropped.length === 0) return null;
  return (
    <details className="rounded-md border border-line bg-surface px-4 py-3">
      <summary className="cursor-pointer font-medium">
        {dropped.length === 1 ? 'One sentence was left out' : `${dropped.length} sentences were left out`}
      </summary>
      <ul className="mt-3 flex flex-col gap-3">
        {dropped.map(({ text, because }) => (
          <li key={text} className="break-words">
            <s className="text-ink-muted">{text}</s>
            <p className="text-xs text-ink-muted">{asSentence(because)}</p>
          </li>
        ))}
      </ul>
    </details>
  );
}

export function HowMade({ mail }: { mail: Mail }) {
  const { timings = {}, tokens, cost_usd, models = [], searches = [], papers = [] } = mail.metadata;
  const total = Object.values(timings).reduce((sum, each) => sum + (each ?? 0), 0);
  const rows: [string, string][] = [
    ['Kind', mail.template_type ? TYPES[mail.template_type] : ''],
    ['Searched for', searches.join('\n')],
    ['Papers', papers.map(({ title, year }) => (year ? `${title} (${year})` : title)).join('\n')],
    [
      'Time',
      total
        ? [
            formatDuration(total),
            ...STEPS.flatMap((step) =>
              timings[step] === undefined ? [] : [`${STEP_WORDS[step].label}: ${formatDuration(timings[step] ?? 0)}`],
            ),
          ].join('\n')
        : '',
    ],
    ['Models', models.join(', ')],
    [
      'Tokens',
      tokens && (tokens.input || tokens.output)
        ? `${(tokens.input ?? 0).toLocaleString()} read, ${(tokens.output ?? 0).toLocaleString()} written`
        : '',
    ],
    ['Cost', cost_usd === undefined ? '' : formatCost(cost_usd)],
  ];
  return (
    <details className="rounded-md border border-line bg-surface px-4 py-3">
      <summary className="cursor-pointer font-medium">How it was written</summary>
      <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-4 gap-y-2">
        {rows.map(([name, value]) =>
          value ? (
            <div key={name} className="contents">
              <dt className="text-ink-muted">{name}</dt>
              <dd className="min-w-0 break-words whitespace-pre-line">{value}</dd>
            </div>
          ) : null,
        )}
      </dl>
      <h3 className="mt-4 mb-1 text-xs text-ink-muted">Template</h3>
      <p className="rounded-md bg-canvas p-3 text-[13px] break-words whitespace-pre-wrap">{mail.template}</p>
    </details>
  );
}

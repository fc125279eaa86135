// What models did by day, put together for charts and tables: by day, by model, and by day for each model.
import type { ModelDay } from './model';

const DAY_MS = 86_400_000;

export interface ByModel {
  model: string;
  purpose: string;
  calls: number;
  failed: number;
  tokens: number;
  cost_usd: number;
  p95_ms: number;
}

export function byModel(rows: readonly ModelDay[]): ByModel[] {
  const found = new Map<string, ByModel>();
  for (const row of rows) {
    const key = `${row.model} ${row.purpose}`;
    const one = found.get(key) ?? {
      model: row.model,
      purpose: row.purpose,
      calls: 0,
      failed: 0,
      tokens: 0,
      cost_usd: 0,
      p95_ms: 0,
    };
    one.calls += row.calls;
    one.failed += row.failed;
    one.tokens += row.input_tokens + row.output_tokens;
    one.cost_usd += row.cost_usd;
    one.p95_ms = Math.max(one.p95_ms, row.p95_ms);
    found.set(key, one);
  }
  return [...found.values()].sort((a, b) => b.calls - a.calls);
}

export interface Day {
  day: string;
  calls: number;
  failed: number;
  cost_usd: number;
}

/** One row for each day, also for days without a call, so that time is drawn evenly. */
export function byDay(rows: readonly ModelDay[], days: number, now = Date.now()): Day[] {
  const found = new Map(lastDays(days, now).map((day) => [day, { day, calls: 0, failed: 0, cost_usd: 0 }]));
  for (const row of rows) {
    const one = found.get(row.day);
    if (!one) continue;
    one.calls += row.calls;
    one.failed += row.failed;
    one.cost_usd += row.cost_usd;
  }
  return [...found.values()];
}

/** The models with the most calls, named `m0`, `m1`… in the rows (a name may have dots, which charts take for paths); the rest is one. */
export interface ModelSeries {
  models: { key: string; label: string }[];
  rows: { day: string; [key: string]: number | string }[];
}

export function byDayAndModel(
  rows: readonly ModelDay[],
  what: 'calls' | 'cost_usd',
  days: number,
  most: number,
  now = Date.now(),
): ModelSeries {
  const names = [...new Set(byModel(rows).map(({ model }) => model))];
  const apart = names.length > most ? names.slice(0, most - 1) : names;
  const labels = names.length > most ? [...apart, 'others'] : apart;
  const models = labels.map((label, at) => ({ key: `m${at}`, label }));
  const empty = Object.fromEntries(models.map(({ key }) => [key, 0]));
  const found = new Map<string, ModelSeries['rows'][number]>(
    lastDays(days, now).map((day) => [day, { ...empty, day }]),
  );
  for (const row of rows) {
    const one = found.get(row.day);
    const at = apart.indexOf(row.model);
    const key = `m${at < 0 ? apart.length : at}`;
    if (one) one[key] = Number(one[key] ?? 0) + row[what];
  }
  return { models, rows: [...found.values()] };
}

function lastDays(days: number, now: number): string[] {
  return Array.from({ length: days }, (_, at) => new Date(now - (days - 1 - at) * DAY_MS).toISOString().slice(0, 10));
}

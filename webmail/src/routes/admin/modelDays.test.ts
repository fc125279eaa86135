// Days and models put together.
import { expect, it } from 'vitest';
import type { ModelDay } from './model';
import { byDay, byDayAndModel, byModel } from './modelDays';

const NOW = Date.parse('2026-03-03T12:00:00Z');
const row = (day: string, model: string, calls: number): ModelDay => ({
  day,
  model,
  purpose: 'work',
  calls,
  failed: 0,
  input_tokens: 10,
  output_tokens: 1,
  cost_usd: calls / 100,
  p50_ms: 1,
  p95_ms: calls,
});
const ROWS = [row('2026-03-01', 'a:gpt-4.1', 5), row('2026-03-03', 'a:gpt-4.1', 1), row('2026-03-03', 'b:small', 2)];

it('counts each model over all days', () => {
  expect(byModel(ROWS).map(({ model, calls, tokens, p95_ms }) => [model, calls, tokens, p95_ms])).toEqual([
    ['a:gpt-4.1', 6, 22, 5],
    ['b:small', 2, 11, 2],
  ]);
});

it('has a row for days without calls', () => {
  expect(byDay(ROWS, 3, NOW).map(({ day, calls }) => [day, calls])).toEqual([
    ['2026-03-01', 5],
    ['2026-03-02', 0],
    ['2026-03-03', 3],
  ]);
});

it('tells models apart by day, and puts the small ones together', () => {
  const all = byDayAndModel(ROWS, 'calls', 3, 4, NOW);
  expect(all.models.map(({ label }) => label)).toEqual(['a:gpt-4.1', 'b:small']);
  expect(all.rows[2]).toEqual({ day: '2026-03-03', m0: 1, m1: 2 });
  const three = byDayAndModel([...ROWS, row('2026-03-03', 'c:tiny', 1)], 'calls', 3, 2, NOW);
  expect(three.models.map(({ label }) => label)).toEqual(['a:gpt-4.1', 'others']);
  expect(three.rows[2]).toEqual({ day: '2026-03-03', m0: 1, m1: 3 });
});

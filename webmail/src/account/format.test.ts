// Numbers as people read them.
import { expect, it } from 'vitest';
import { formatAgo, formatBytes, formatCost, formatDuration } from './format';

it('bytes in the unit one would say', () => {
  expect([0, 999, 1_000, 1_440_000, 999_600, 25_000_000_000].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1 KB',
    '1.4 MB',
    '1 MB',
    '25 GB',
  ]);
});
it('durations from parts of a second to hours', () => {
  expect([null, 0.42, 38, 120, 125, 3_840].map(formatDuration)).toEqual([
    '–',
    '0.4 s',
    '38 s',
    '2 min',
    '2 min 5 s',
    '1 h 4 min',
  ]);
});
it('costs that are small but not nothing', () => {
  expect([null, 0, 0.00001, 0.0123, 1.5].map(formatCost)).toEqual(['–', '$0.00', '< $0.0001', '$0.0123', '$1.50']);
});
it('how long ago', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  expect(formatAgo('2026-11-21T11:57:00Z', now)).toBe('3 minutes ago');
  expect(formatAgo('2026-11-21T11:59:50Z', now)).toBe('just now');
});

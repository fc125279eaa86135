import { describe, expect, it } from 'vitest';
import { isLabel, keywordFor, labelsOf, nameFor } from './labels';
import { size } from './sizes';
import { presets } from './snoozing';

describe('labels', () => {
  it('become keywords that every server takes', () => {
    expect(keywordFor('Follow up')).toBe('follow_up');
    expect(keywordFor('Été & Straße')).toBe('ete_stra_e');
    expect(keywordFor('会议')).toBe('label');
    expect(keywordFor('Travel', new Set(['travel']))).toBe('travel_2');
    expect(keywordFor('$secret')).toBe('secret');
  });

  it('are what people made, not what programs say', () => {
    expect(isLabel('$seen')).toBe(false);
    expect(isLabel('NonJunk')).toBe(false);
    const known = [{ keyword: 'a', name: 'Zebra', hue: 20 }];
    expect(labelsOf({ $seen: true, a: true, follow_up: true }, known).map((one) => one.name)).toEqual([
      'Follow up',
      'Zebra',
    ]);
    expect(nameFor('follow_up')).toBe('Follow up');
  });
});

describe('snoozing', () => {
  it('offers moments to come, in their order', () => {
    const offered = (now: Date) => presets(now).map((one) => [one.label, one.at.getDate(), one.at.getHours()]);
    expect(offered(new Date(2026, 10, 23, 10))).toEqual([
      ['This evening', 23, 18],
      ['Tomorrow morning', 24, 8],
      ['This weekend', 28, 8],
      ['Next week', 30, 8],
    ]);
    expect(offered(new Date(2026, 10, 29, 20))).toEqual([
      ['Tomorrow morning', 30, 8],
      ['Next week', 30, 8],
    ]);
  });
});

describe('sizes', () => {
  it('are short', () => {
    expect([0, 999, 1000, 15_300, 999_999, 2_500_000].map(size)).toEqual([
      '0 B',
      '999 B',
      '1.0 KB',
      '15 KB',
      '1.0 MB',
      '2.5 MB',
    ]);
  });
});

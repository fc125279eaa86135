import { describe, expect, it } from 'vitest';
import { Keys, SHORTCUTS } from './shortcuts';

describe('keyboard shortcuts', () => {
  it('single keys act at once', () => {
    const keys = new Keys();
    expect(keys.press('j', 0)).toBe('next');
    expect(keys.press('#', 1)).toBe('delete');
    expect(keys.press('q', 2)).toBeNull();
  });

  it('sequences need both keys, soon enough', () => {
    const keys = new Keys();
    expect(keys.press('g', 0)).toBeNull();
    expect(keys.press('i', 500)).toBe('go-inbox');
    expect(keys.press('g', 1_000)).toBeNull();
    expect(keys.press('s', 9_000)).toBe('star');
  });

  it('a broken sequence does not swallow the key', () => {
    const keys = new Keys();
    keys.press('g', 0);
    expect(keys.press('r', 100)).toBe('reply');
  });

  it('no key means two things', () => {
    const used = SHORTCUTS.map((one) => one.keys);
    expect(new Set(used).size).toBe(used.length);
  });
});

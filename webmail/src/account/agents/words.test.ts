// What a grant says, and where the stop switch may still be thrown.
import { describe, expect, it } from 'vitest';
import type { Scope, Switches } from './api';
import { grantInWords, scopesToStop, targetHelp } from './words';

const thrown = (may: Scope[], ...scopes: Scope[]): Switches => ({
  stopped: scopes.length > 0,
  because: '',
  may,
  switches: scopes.map((scope) => ({ scope, because: '', engaged_by: 'ada', engaged_at: '' })),
});
const EACH: Scope[] = ['user', 'tenant', 'installation'];

describe('a grant in words', () => {
  it('says who is meant', () => {
    expect(grantInWords('send', '@example.org')).toBe('Send mail to anybody at example.org');
    expect(grantInWords('send', 'chen@example.org')).toBe('Send mail to chen@example.org');
    expect(grantInWords('share', '*')).toBe('Share things with anybody');
    expect(grantInWords('call', 'calendar')).toBe('Use tools: calendar');
    expect(grantInWords('fetch', '*')).toBe('Open pages of all');
  });
  it('shows an action nobody has told the page of', () => {
    expect(grantInWords('paint_walls', 'red')).toBe('Paint walls: red');
    expect(targetHelp('paint_walls')).toContain('exactly');
  });
});

describe('where the switch may be thrown', () => {
  it('is what one may', () => {
    expect(scopesToStop(thrown(['user']), EACH)).toEqual(['user']);
    expect(scopesToStop(thrown(['user', 'tenant']), ['tenant', 'installation'])).toEqual(['tenant']);
  });
  it('is only what stops more', () => {
    expect(scopesToStop(thrown(['user'], 'user'), EACH)).toEqual([]);
    expect(scopesToStop(thrown(EACH, 'tenant'), EACH)).toEqual(['installation']);
    expect(scopesToStop(thrown(EACH, 'user'), EACH)).toEqual(['tenant', 'installation']);
  });
});

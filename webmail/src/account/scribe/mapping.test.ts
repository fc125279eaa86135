import { describe, expect, it } from 'vitest';
import { choicesFor, hasNames, mapped, ROLES, roleOf } from './mapping';

describe('columns', () => {
  it('become something, and free what they were', () => {
    expect(mapped({ name: 0, email: 1 }, 1, 'interest')).toEqual({ name: 0, interest: 1 });
  });
  it('take what another column was', () => {
    expect(mapped({ name: 0, email: 1 }, 2, 'name')).toEqual({ email: 1, name: 2 });
  });
  it('can be nothing', () => expect(mapped({ name: 0, email: 1 }, 1, '')).toEqual({ name: 0 }));
  it('are found by what they are', () =>
    expect([roleOf(1, { name: 0, email: 1 }), roleOf(5, {})]).toEqual(['email', '']));
  it('can be what the server knows and what the template leaves open', () => {
    const own = Object.keys(ROLES);
    expect(choicesFor({ name: 0, lab: 1 }, ['Paper'])).toEqual([...own, 'lab', 'Paper']);
    expect(choicesFor({ paper: 1 }, ['Paper'])).toEqual([...own, 'paper']);
  });
  it('name the recipients in one or in two', () =>
    expect([hasNames({ first_name: 0, last_name: 1 }), hasNames({ email: 0 })]).toEqual([true, false]));
});

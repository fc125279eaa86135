import { expect, it } from 'vitest';
import { displayName, straight, together } from './people';

const people = (...names: string[]) =>
  names.map((name) => ({ name, email: `${name.split(' ')[0]?.toLowerCase()}@mailwright.test` }));

it('one person has the whole name, several their first names', () => {
  expect(together(people('Bashir Haddad'), 'ada@mailwright.test')).toBe('Bashir Haddad');
  expect(together(people('Bashir Haddad', 'Ada Moreau'), 'ada@mailwright.test')).toBe('Bashir, me');
  expect(
    together(
      [
        { name: 'Haddad, Bashir', email: 'b@x' },
        { name: null, email: 'chen@mailwright.test' },
      ],
      '',
    ),
  ).toBe('Bashir, chen');
});

it('of many the first and the last are named', () => {
  expect(together(people('A', 'B', 'C', 'D', 'E'), '')).toBe('A … D, E');
  expect(together([], '')).toBe('Unknown sender');
});

it('no name turns its letters around', () => {
  expect(straight('invoice\u202efdp.exe')).toBe('invoicefdp.exe');
  expect(displayName({ name: '\u202e', email: 'eve@example.net' })).toBe('eve@example.net');
  expect(straight('\u05d3\u05d5\u05d7.pdf')).toBe('\u05d3\u05d5\u05d7.pdf');
});

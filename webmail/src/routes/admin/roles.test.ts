import { expect, it } from 'vitest';
import { linesOf, rolesOf } from './roles';

it('reads back what it wrote, and nothing else', () => {
  const roles = { 'a=b': 'admin', desk: 'support' };
  expect(rolesOf(linesOf(roles))).toEqual(roles);
  expect(rolesOf('\n  \n')).toEqual({});
  for (const bad of ['boss', 'boss = king', '= admin', 'boss =']) expect(rolesOf(bad)).toBeNull();
});

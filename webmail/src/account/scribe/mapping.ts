// Which column of a table is what: each column is one thing at most, and each thing is one column.
import type { Mapping } from './types';

/** What a recipient has by itself; the rest is named by the template. */
export const ROLES: Record<string, string> = {
  name: 'Name',
  first_name: 'First name',
  last_name: 'Last name',
  email: 'E-mail',
  interest: 'Interest',
  affiliation: 'Where they are',
};

/** What a column can be: what a recipient has, what the server knows besides, what the template leaves open. */
export function choicesFor(mapping: Readonly<Mapping>, further: readonly string[]): string[] {
  const found = new Map<string, string>();
  for (const one of [...Object.keys(ROLES), ...Object.keys(mapping), ...further])
    if (!found.has(one.toLowerCase())) found.set(one.toLowerCase(), one);
  return [...found.values()];
}

export function roleOf(column: number, mapping: Readonly<Mapping>): string {
  return Object.entries(mapping).find(([, at]) => at === column)?.[0] ?? '';
}

/** The mapping after a column became something; what it was is free again, and what had been that is nothing. */
export function mapped(mapping: Readonly<Mapping>, column: number, role: string): Mapping {
  const rest = Object.entries(mapping).filter(([name, at]) => at !== column && name !== role);
  return Object.fromEntries(role ? [...rest, [role, column]] : rest);
}

export function hasNames(mapping: Readonly<Mapping>): boolean {
  return ['name', 'first_name', 'last_name'].some((role) => mapping[role] !== undefined);
}

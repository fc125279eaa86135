// Roles of a provider as lines of text: "a role there = the one here".

/** The lines of a map, by name. */
export function linesOf(roles: Record<string, string>): string {
  return Object.entries(roles)
    .map(([there, here]) => `${there} = ${here}`)
    .sort()
    .join('\n');
}

/** The map that lines say; null when a line is none. */
export function rolesOf(lines: string): Record<string, string> | null {
  const found: Record<string, string> = {};
  for (const line of lines.split('\n').filter((one) => one.trim())) {
    const at = line.lastIndexOf('=');
    const there = line.slice(0, Math.max(at, 0)).trim();
    const here = line.slice(at + 1).trim();
    if (!there || !['admin', 'support', 'user'].includes(here)) return null;
    found[there] = here;
  }
  return found;
}

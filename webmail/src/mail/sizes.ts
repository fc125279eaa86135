// Sizes in octets as people read them.
const UNITS = ['KB', 'MB', 'GB', 'TB'];

export function size(octets: number): string {
  if (octets < 1000) return `${octets} B`;
  let value = octets;
  let unit = -1;
  do {
    value /= 1000;
    unit += 1;
  } while (value >= 999.5 && unit < UNITS.length - 1);
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

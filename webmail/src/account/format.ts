// Numbers and times as people read them, in their own time zone.

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** `1.4 MB`; decimal units, as mail programs and disks count. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toLocaleString(undefined, { maximumFractionDigits: digits })} ${UNITS[unit]}`;
}

/** Seconds of work: `0.4 s`, `38 s`, `2 min 5 s`, `1 h 4 min`. */
export function formatDuration(seconds: number | null): string {
  if (seconds === null) return '–';
  if (seconds < 10) return `${seconds.toLocaleString(undefined, { maximumFractionDigits: 1 })} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return whole % 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole / 60} min`;
  const minutes = Math.round((whole % 3_600) / 60);
  return `${Math.floor(whole / 3_600)} h${minutes ? ` ${minutes} min` : ''}`;
}

/** US dollars; a model call costs fractions of a cent, which rounding must not turn into nothing. */
export function formatCost(usd: number | null): string {
  if (usd === null) return '–';
  if (usd > 0 && usd < 0.0001) return '< $0.0001';
  return usd.toLocaleString('en-US', {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 2,
    maximumFractionDigits: usd > 0 && usd < 0.1 ? 4 : 2,
  });
}

/** Day and time; of today the time alone. */
export function formatTime(iso: string, timeZone: string | undefined, now = new Date()): string {
  const at = new Date(iso);
  const day = (date: Date) => new Intl.DateTimeFormat('en-CA', { timeZone }).format(date);
  const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };
  if (day(at) === day(now)) return new Intl.DateTimeFormat(undefined, { timeZone, ...time }).format(at);
  const year = day(at).slice(0, 4) === day(now).slice(0, 4) ? {} : { year: 'numeric' as const };
  return new Intl.DateTimeFormat(undefined, { timeZone, day: 'numeric', month: 'short', ...year, ...time }).format(at);
}

export function formatDay(iso: string, timeZone: string | undefined): string {
  return new Intl.DateTimeFormat(undefined, { timeZone, day: 'numeric', month: 'long', year: 'numeric' }).format(
    new Date(iso),
  );
}

/** `3 minutes ago`, `in 2 days`. */
export function formatAgo(iso: string, now = new Date()): string {
  const seconds = (new Date(iso).getTime() - now.getTime()) / 1_000;
  const format = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ['year', 31_536_000],
    ['month', 2_592_000],
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ];
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  }
  return 'just now';
}

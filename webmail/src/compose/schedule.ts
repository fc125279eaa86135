// When a message shall leave: wall-clock times in a person's time zone, across changes of daylight saving time.
// Pure; used by the send menu, and by whoever else offers "tomorrow morning".

export interface WallTime {
  year: number;
  month: number; // 1–12
  day: number;
  hour: number;
  minute: number;
}

export interface Preset {
  id: 'later-today' | 'this-evening' | 'tomorrow-morning' | 'tomorrow-afternoon' | 'monday-morning';
  label: string;
  at: Date;
}

const MINUTE = 60_000;
const DAY = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clock on the wall shows at an instant. `timeZone` is an IANA name; RangeError for an unknown one. */
export function wallTime(at: Date, timeZone: string): WallTime {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    formats.set(timeZone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return {
    year: parts.year ?? 0,
    month: parts.month ?? 0,
    day: parts.day ?? 0,
    hour: parts.hour ?? 0,
    minute: parts.minute ?? 0,
  };
}

/**
 * The instant a wall clock shows this time. A time that is skipped when the clocks go forward counts as the same
 * distance after the jump (02:30 becomes 03:30); of one that comes twice the first is meant.
 */
export function instantOf(wall: WallTime, timeZone: string): Date {
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute);
  const before = offset(asUtc - DAY, timeZone);
  const after = offset(asUtc + DAY, timeZone);
  for (const candidate of [before, after]) {
    const instant = asUtc - candidate;
    if (offset(instant, timeZone) === candidate) return new Date(instant);
  }
  return new Date(asUtc - before);
}

/** Milliseconds the wall clock is ahead of UTC at an instant. */
function offset(instant: number, timeZone: string): number {
  const wall = wallTime(new Date(instant), timeZone);
  const shown = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute);
  return shown - Math.floor(instant / MINUTE) * MINUTE;
}

/** A number of calendar days later at a time of day: not 24 hours, which differ when the clocks change. */
export function atDayTime(from: Date, days: number, hour: number, minute: number, timeZone: string): Date {
  const wall = wallTime(from, timeZone);
  const day = new Date(Date.UTC(wall.year, wall.month - 1, wall.day + days));
  return instantOf(
    { year: day.getUTCFullYear(), month: day.getUTCMonth() + 1, day: day.getUTCDate(), hour, minute },
    timeZone,
  );
}

/** 1 is Monday, 7 is Sunday. */
function weekday(at: Date, timeZone: string): number {
  const wall = wallTime(at, timeZone);
  return new Date(Date.UTC(wall.year, wall.month - 1, wall.day)).getUTCDay() || 7;
}

const MORNING = 8;
const AFTERNOON = 13;
const EVENING = 18;
const LATER_HOURS = 3;
const LAST_LATER_HOUR = 20; // "later today" is offered while three hours later is still a civil hour

/** The times offered at this moment, earliest first, none of them twice and none in the past. */
export function presets(now: Date, timeZone: string): Preset[] {
  const wall = wallTime(now, timeZone);
  const offered: Preset[] = [];
  if (wall.hour >= 6 && wall.hour + LATER_HOURS <= LAST_LATER_HOUR) {
    offered.push({
      id: 'later-today',
      label: 'Later today',
      at: atDayTime(now, 0, wall.hour + LATER_HOURS, 0, timeZone),
    });
  }
  if (wall.hour < EVENING - 1 && wall.hour + LATER_HOURS !== EVENING) {
    offered.push({ id: 'this-evening', label: 'This evening', at: atDayTime(now, 0, EVENING, 0, timeZone) });
  }
  // Past midnight one's "tomorrow morning" is the one after this night's sleep.
  const tomorrow = wall.hour < 4 ? 0 : 1;
  const morning = atDayTime(now, tomorrow, MORNING, 0, timeZone);
  offered.push({ id: 'tomorrow-morning', label: tomorrow ? 'Tomorrow morning' : 'This morning', at: morning });
  offered.push({
    id: 'tomorrow-afternoon',
    label: tomorrow ? 'Tomorrow afternoon' : 'This afternoon',
    at: atDayTime(now, tomorrow, AFTERNOON, 0, timeZone),
  });
  const untilMonday = 8 - weekday(now, timeZone);
  const monday = atDayTime(now, untilMonday, MORNING, 0, timeZone);
  if (monday.getTime() !== morning.getTime())
    offered.push({ id: 'monday-morning', label: 'Monday morning', at: monday });
  return offered
    .filter(({ at }) => at.getTime() > now.getTime())
    .sort((one, other) => one.at.getTime() - other.at.getTime());
}

/** `2026-11-21T08:00`, what an `<input type="datetime-local">` holds. */
export function toLocalInput(at: Date, timeZone: string): string {
  const { year, month, day, hour, minute } = wallTime(at, timeZone);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`;
}

/** The instant of such a field in the person's time zone, or null while it is incomplete. */
export function fromLocalInput(value: string, timeZone: string): Date | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(value);
  if (!match) return null;
  const [year, month, day, hour, minute] = match.slice(1).map(Number) as [number, number, number, number, number];
  return instantOf({ year, month, day, hour, minute }, timeZone);
}

/** `Mon 23 Nov, 08:00` in the person's time zone; the year only when it is another one. */
export function formatWhen(at: Date, timeZone: string, now = new Date()): string {
  return new Intl.DateTimeFormat(undefined, {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    ...(wallTime(at, timeZone).year === wallTime(now, timeZone).year ? {} : { year: 'numeric' }),
  }).format(at);
}

// Times as people read them in lists and headers, in their own language and zone.

const DAY_MS = 86_400_000;
const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });
const soon = new Intl.DateTimeFormat(undefined, { weekday: 'short', hour: '2-digit', minute: '2-digit' });
const later = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** Today: the time; this week: the day; this year: day and month; before: with the year. */
export function short(iso: string, now: Date = new Date()): string {
  const at = new Date(iso);
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  if (at.getTime() >= midnight && at.getTime() < midnight + DAY_MS) return time.format(at);
  if (at.getTime() >= midnight - 6 * DAY_MS && at.getTime() < midnight) return weekday.format(at);
  return at.getFullYear() === now.getFullYear() ? day.format(at) : date.format(at);
}

export function long(iso: string): string {
  return full.format(new Date(iso));
}

/** A moment to come: "Mon, 08:00" within a week, else "3 Dec, 08:00". */
export function upcoming(moment: Date, now: Date = new Date()): string {
  const ahead = moment.getTime() - now.getTime();
  return (ahead < 6 * DAY_MS ? soon : later).format(moment);
}

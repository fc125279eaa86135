// Times to send at, across changes of daylight saving time.
import { describe, expect, it } from 'vitest';
import { atDayTime, fromLocalInput, instantOf, presets, toLocalInput, wallTime } from './schedule';

const BERLIN = 'Europe/Berlin'; // clocks go forward on 29 March 2026 and back on 25 October 2026

describe('a wall clock', () => {
  it('is eight in the morning on the day after the change too', () => {
    expect(atDayTime(new Date('2026-03-28T20:00:00Z'), 1, 8, 0, BERLIN).toISOString()).toBe('2026-03-29T06:00:00.000Z');
    expect(atDayTime(new Date('2026-10-24T20:00:00Z'), 1, 8, 0, BERLIN).toISOString()).toBe('2026-10-25T07:00:00.000Z');
  });
  it('moves a skipped time by the jump and means the first of a doubled one', () => {
    expect(instantOf({ year: 2026, month: 3, day: 29, hour: 2, minute: 30 }, BERLIN).toISOString()).toBe(
      '2026-03-29T01:30:00.000Z',
    );
    expect(instantOf({ year: 2026, month: 10, day: 25, hour: 2, minute: 30 }, BERLIN).toISOString()).toBe(
      '2026-10-25T00:30:00.000Z',
    );
  });
  it('knows zones with half and quarter hours, and beyond the date line', () => {
    expect(instantOf({ year: 2026, month: 1, day: 1, hour: 8, minute: 0 }, 'Asia/Kathmandu').toISOString()).toBe(
      '2026-01-01T02:15:00.000Z',
    );
    expect(instantOf({ year: 2026, month: 1, day: 1, hour: 8, minute: 0 }, 'Pacific/Kiritimati').toISOString()).toBe(
      '2025-12-31T18:00:00.000Z',
    );
    expect(instantOf({ year: 2026, month: 10, day: 4, hour: 2, minute: 15 }, 'Australia/Lord_Howe').toISOString()).toBe(
      '2026-10-03T15:45:00.000Z',
    );
  });
  it('shows what it was set to', () => {
    for (const zone of ['UTC', BERLIN, 'America/New_York', 'America/St_Johns', 'Asia/Tokyo']) {
      for (let day = 1; day <= 360; day += 7) {
        const date = new Date(Date.UTC(2026, 0, day));
        const wall = { year: 2026, month: date.getUTCMonth() + 1, day: date.getUTCDate(), hour: 13, minute: 45 };
        expect(wallTime(instantOf(wall, zone), zone)).toEqual(wall);
      }
    }
  });
});

describe('the times offered', () => {
  const offered = (now: string) =>
    Object.fromEntries(presets(new Date(now), BERLIN).map(({ id, at }) => [id, at.toISOString()]));
  it('on a Friday noon are today, tomorrow and Monday', () => {
    expect(offered('2026-11-20T11:10:00Z')).toEqual({
      'later-today': '2026-11-20T14:00:00.000Z',
      'this-evening': '2026-11-20T17:00:00.000Z',
      'tomorrow-morning': '2026-11-21T07:00:00.000Z',
      'tomorrow-afternoon': '2026-11-21T12:00:00.000Z',
      'monday-morning': '2026-11-23T07:00:00.000Z',
    });
  });
  it('on a Sunday name Monday once', () => {
    expect(offered('2026-11-22T11:00:00Z')).not.toHaveProperty('monday-morning');
  });
  it('before the weekend of the change are on the new clock', () => {
    expect(offered('2026-03-27T11:00:00Z')['monday-morning']).toBe('2026-03-30T06:00:00.000Z');
  });
  it('after midnight mean the morning that comes', () => {
    const [first] = presets(new Date('2026-11-20T00:30:00Z'), BERLIN);
    expect([first?.label, first?.at.toISOString()]).toEqual(['This morning', '2026-11-20T07:00:00.000Z']);
  });
  it('are never in the past and in order, at every hour', () => {
    for (let hour = 0; hour < 24 * 7; hour += 1) {
      const now = new Date(Date.UTC(2026, 9, 20, hour, 59));
      const times = presets(now, BERLIN).map(({ at }) => at.getTime());
      expect(times.every((time) => time > now.getTime())).toBe(true);
      expect([...times].sort((a, b) => a - b)).toEqual(times);
      expect(new Set(times).size).toBe(times.length);
    }
  });
});

it('a field of date and time is in the person’s zone', () => {
  const at = new Date('2026-11-21T07:05:00Z');
  expect(toLocalInput(at, BERLIN)).toBe('2026-11-21T08:05');
  expect(fromLocalInput('2026-11-21T08:05', BERLIN)).toEqual(at);
  expect(fromLocalInput('', BERLIN)).toBeNull();
});

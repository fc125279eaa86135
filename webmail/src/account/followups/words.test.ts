import { describe, expect, it } from 'vitest';
import type { Followup } from './api';
import { farOff, grouped, ruleInWords } from './words';

function one(id: string, due_at: string | null, status: Followup['status'] = 'pending'): Followup {
  return {
    id,
    status,
    what: id,
    who: '',
    context: '',
    action: 'remind',
    due_at,
    planned_at: null,
    zone: 'Europe/Berlin',
    phrase: '',
    rule: '',
    choices: [],
    waits_from: null,
    channel: 'web',
    language: 'en',
    email_id: null,
    draft_email_id: null,
    because: '',
    last_error: '',
    created_at: '2026-11-18T09:00:00Z',
    updated_at: '2026-11-18T09:00:00Z',
    completed_at: null,
  };
}

describe('how far off something is', () => {
  const saturday = new Date('2026-11-21T19:06:00Z');
  it('is told by the days of the calendar', () => {
    expect(farOff('2026-11-22T08:00:00Z', 'Europe/Berlin', saturday)).toBe('tomorrow');
    expect(farOff('2026-11-23T08:00:00Z', 'Europe/Berlin', saturday)).toBe('in 2 days'); // 37 hours
  });
  it('is told by the hours on the same day', () => {
    expect(farOff('2026-11-21T21:30:00Z', 'Europe/Berlin', saturday)).toBe('in 2 hours');
  });
});

describe('groups', () => {
  const now = new Date('2026-11-18T22:30:00Z'); // 23:30 in Berlin
  it('go by the days of the time zone', () => {
    const found = grouped(
      [one('late', '2026-11-18T22:50:00Z'), one('next', '2026-11-18T23:10:00Z'), one('far', '2026-12-24T09:00:00Z')],
      'Europe/Berlin',
      now,
    );
    expect(found.map(([group, some]) => [group, some.map((each) => each.id)])).toEqual([
      ['Today', ['late']],
      ['Tomorrow', ['next']],
      ['Later', ['far']],
    ]);
  });
  it('have questions first, and what is overdue today', () => {
    const found = grouped(
      [
        one('past', '2026-11-10T09:00:00Z'),
        one('open', null, 'clarifying'),
        one('now', '2026-11-18T22:00:00Z', 'sending'),
      ],
      'Europe/Berlin',
      now,
    );
    expect(found.map(([group]) => group)).toEqual(['When?', 'Now', 'Today']);
  });
});

describe('rules in words', () => {
  it.each([
    ['FREQ=WEEKLY;BYDAY=FR', 'every Friday'],
    ['FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', 'every working day'],
    ['FREQ=WEEKLY;INTERVAL=2', 'every 2 weeks'],
    ['FREQ=DAILY', 'every day'],
    ['FREQ=MONTHLY;BYMONTHDAY=-1', 'every month'],
    ['', ''],
  ])('%s', (rule, said) => expect(ruleInWords(rule)).toBe(said));
});

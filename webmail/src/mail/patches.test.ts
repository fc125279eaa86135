import { describe, expect, it } from 'vitest';
import { applied, effective, inverse, type Row, toUpdate } from './patches';

const row: Row = {
  id: 'm1',
  threadId: 't1',
  mailboxIds: { inbox: true },
  keywords: { $seen: true, work: true },
  from: null,
  to: null,
  subject: null,
  receivedAt: '2026-01-01T00:00:00Z',
  preview: '',
  hasAttachment: false,
  size: 1,
};

describe('a patch', () => {
  it('is spelled as JMAP wants it, with special characters escaped', () => {
    expect(toUpdate({ keywords: { $seen: false, 'a/b~c': true }, mailbox: 'x' })).toEqual({
      'keywords/$seen': null,
      'keywords/a~1b~0c': true,
      mailboxIds: { x: true },
    });
  });

  it('and its inverse leave a message as it was', () => {
    const patch = { keywords: { $seen: false, $flagged: true }, mailbox: 'archive' };
    const changed = applied(row, patch);
    expect(changed.mailboxIds).toEqual({ archive: true });
    expect(changed.keywords).toEqual({ work: true, $flagged: true });
    expect(applied(changed, inverse(row, patch))).toEqual(row);
  });

  it('is reduced to what it changes', () => {
    expect(effective(row, { keywords: { $seen: true } })).toBeNull();
    expect(effective(row, { mailbox: 'inbox' })).toBeNull();
    expect(effective(row, { keywords: { $seen: true, $flagged: true }, mailbox: 'inbox' })).toEqual({
      keywords: { $flagged: true },
    });
  });
});

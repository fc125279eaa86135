import { describe, expect, it } from 'vitest';
import { asBase64, refusalOf, textOf } from './files';
import type { MailRow } from './types';
import { badgeOf, furtherFields, hostOf, isLeaving, isLink, overOf, placeholdersOf, progressInWords } from './words';

function mail(change: Partial<MailRow>): MailRow {
  return {
    id: 'one',
    status: 'COMPLETED',
    current_step: null,
    recipient_name: 'Ada',
    recipient_interest: '',
    recipient_email: '',
    template_type: 'GENERAL',
    language: 'en',
    subject: '',
    preview: '',
    is_confident: true,
    because: '',
    sent: { state: '', to: '', at: null, because: '', approval_id: null, draft_email_id: null },
    batch_id: null,
    error: '',
    failed_step: null,
    edited_at: null,
    deleted_at: null,
    created_at: '2026-11-18T09:00:00Z',
    updated_at: '2026-11-18T09:00:00Z',
    completed_at: null,
    ...change,
  };
}

describe('placeholders', () => {
  const template = 'Dear {{ name }}, your {{research}} and your {{ lab name }}; {{Research}} again, {{ open';
  it('are found once each', () => expect(placeholdersOf(template)).toEqual(['name', 'research', 'lab name']));
  it('get a field unless the form has one', () => expect(furtherFields(template)).toEqual(['research', 'lab name']));
  it('of the form are known however they are written', () =>
    expect(furtherFields('{{Recipient Name}} {{first_name}} {{EMAIL}} {{interest}} {{my name}}')).toEqual([]));
});

describe('a mail', () => {
  it('that is not sure is to be looked at', () =>
    expect(badgeOf(mail({ is_confident: false })).label).toBe('Look at it first'));
  it('that left says so', () =>
    expect(badgeOf(mail({ is_confident: false, sent: { ...mail({}).sent, state: 'sent' } })).label).toBe('Sent'));
  it('that failed says so', () =>
    expect(badgeOf(mail({ status: 'FAILED', is_confident: false })).label).toBe('Failed'));
});

describe('what is on its way', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  const at = (time: string) => isLeaving({ state: 'queued', at: `2026-11-21T${time}Z` }, now);
  it('is asked for again while it leaves', () =>
    expect([at('12:00:30'), at('11:59:00'), at('12:02:00'), at('11:00:00')]).toEqual([true, true, false, false]));
  it('is not once it has left', () =>
    expect(isLeaving({ state: 'sent', at: '2026-11-21T12:00:00Z' }, now)).toBe(false));
});

describe('a batch', () => {
  const batch = { total: 40, counts: { PENDING: 25, COMPLETED: 12, FAILED: 2, CANCELLED: 1 } };
  it('is told in words', () => expect(progressInWords(batch)).toBe('12 of 40 written, 2 failed, 1 cancelled'));
  it('is over where its mails are', () => expect(overOf(batch)).toBe(15));
});

describe('addresses of pages', () => {
  it('are shown by their host', () => expect(hostOf('https://www.example.org/staff?id=1')).toBe('example.org'));
  it('that are none are shown as they are', () => expect(hostOf('cv.pdf')).toBe('cv.pdf'));
  it('are links only when they are of the web', () => {
    expect(isLink('https://example.org')).toBe(true);
    expect(isLink('javascript:alert(1)')).toBe(false);
  });
});

describe('files', () => {
  it('are given as base64, large ones too', () => {
    const bytes = new Uint8Array(100_000).map((_, at) => at % 256);
    expect(Buffer.from(asBase64(bytes), 'base64').equals(Buffer.from(bytes))).toBe(true);
  });
  it('that are empty or too large are refused by name', () => {
    expect(refusalOf({ name: 'cv.pdf', size: 0 })).toContain('cv.pdf');
    expect(refusalOf({ name: 'cv.pdf', size: 11_000_000 })).toContain('larger than 10 MB');
    expect(refusalOf({ name: 'cv.pdf', size: 5 })).toBe('');
  });
  it('that are tables are read as they were written', async () => {
    const utf16 = Buffer.from('\ufeffJosé;Zoë', 'utf16le');
    const bytes = [Buffer.from('\ufeffJosé;Zoë', 'utf8'), utf16, Buffer.from('José;Zoë', 'latin1')];
    for (const each of bytes) expect(await textOf(new Blob([new Uint8Array(each)]))).toBe('José;Zoë');
  });
});

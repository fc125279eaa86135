// @vitest-environment jsdom
// A draft on its way to the server and back.
import { describe, expect, it } from 'vitest';
import type { Email } from '@/api/jmap/types';
import {
  type Draft,
  draftOf,
  emailOf,
  inMode,
  isEmptyDraft,
  newDraft,
  textOf,
  withSignature,
  writtenText,
} from './draft';

const picture = {
  key: '1',
  name: 'a.png',
  type: 'image/png',
  size: 3,
  blobId: 'b1',
  cid: 'p1@x',
  state: 'done' as const,
  progress: 1,
};
const file = { ...picture, key: '2', name: 'report.pdf', type: 'application/pdf', blobId: 'b2', cid: null };
const draft = (change: Partial<Draft>): Draft => ({ ...newDraft('mailwright.test'), body: '<p>Hello</p>', ...change });
const quote = { kind: 'reply' as const, intro: ['Ada wrote:'], html: '<p>old, attached</p>' };

describe('the Email of a draft', () => {
  it('has text and HTML, and lies in Drafts', () => {
    const email = emailOf(draft({ subject: 'Plan', to: [{ name: 'Ada', email: 'ada@example.org' }], quote }), 'drafts');
    expect(email).toMatchObject({
      mailboxIds: { drafts: true },
      keywords: { $draft: true, $seen: true },
      to: [{ name: 'Ada', email: 'ada@example.org' }],
      cc: null,
      textBody: [{ partId: 'text', type: 'text/plain' }],
      htmlBody: [{ partId: 'html', type: 'text/html' }],
      bodyValues: { text: { value: 'Hello\n\nAda wrote:\n> old, attached\n' } },
    });
    expect(email).not.toHaveProperty('attachments');
  });
  it('in plain mode has only text', () => {
    const email = emailOf(draft({ mode: 'plain', body: 'Hello' }), 'drafts');
    expect(email).not.toHaveProperty('htmlBody');
  });
  it('takes along pictures that are still in the text, and files that are uploaded', () => {
    const waiting = { ...file, blobId: null, state: 'uploading' as const };
    const gone = { ...picture, cid: 'gone@x' };
    const email = emailOf(
      draft({ body: '<p><img src="cid:p1@x"></p>', attachments: [picture, file, waiting, gone] }),
      'drafts',
    );
    expect(email.attachments).toEqual([
      { blobId: 'b1', type: 'image/png', name: 'a.png', disposition: 'inline', cid: 'p1@x' },
      { blobId: 'b2', type: 'application/pdf', name: 'report.pdf', disposition: 'attachment' },
    ]);
  });
  it('opens again as it was', () => {
    const before = draft({ subject: 'Plan', to: [{ name: null, email: 'ada@example.org' }], quote });
    const { bodyValues } = emailOf(before, 'drafts') as { bodyValues: Record<string, { value: string }> };
    const part = (partId: string, type: string) => ({
      partId,
      type,
      blobId: null,
      size: 0,
      name: null,
      disposition: null,
      cid: null,
    });
    const stored = {
      id: 'e1',
      messageId: [before.messageId],
      inReplyTo: null,
      references: null,
      from: null,
      to: before.to,
      cc: null,
      bcc: null,
      subject: 'Plan',
      textBody: [part('text', 'text/plain')],
      htmlBody: [part('html', 'text/html')],
      attachments: [],
      bodyValues,
    } as unknown as Email;
    expect(draftOf(stored, 'mailwright.test', (html) => html)).toEqual({ ...before, emailId: 'e1' });
  });
});

describe('one’s own words', () => {
  it('are without quote and signature', () => {
    const written = draft({ quote, body: '<p>Hello</p><div class="mailwright-signature"><p>find attached</p></div>' });
    expect(writtenText(written)).toBe('Hello');
    expect(textOf({ ...written, quote: null })).toBe('Hello\n\n-- \nfind attached');
    expect(writtenText(inMode(written, 'plain'))).toBe('Hello\n');
  });
  it('are nothing in a fresh draft, signature or not', () => {
    expect(isEmptyDraft(withSignature(draft({ body: '<p></p>' }), '', 'Ada'))).toBe(true);
    expect(isEmptyDraft(draft({}))).toBe(false);
  });
});

describe('a signature', () => {
  it('is replaced where it stands', () => {
    const once = withSignature(draft({}), '<p>Ada</p>', 'Ada');
    expect(once.body).toBe('<p>Hello</p><div class="mailwright-signature"><p>Ada</p></div>');
    expect(withSignature(once, '', 'Countess\nof L.').body).toBe(
      '<p>Hello</p><div class="mailwright-signature"><p>Countess<br>of L.</p></div>',
    );
    expect(withSignature(once, '', '').body).toBe('<p>Hello</p>');
  });
  it('in plain text follows the dashes', () => {
    const plain = draft({ mode: 'plain', body: 'Hello' });
    expect(withSignature(withSignature(plain, '', 'Ada'), '', 'Chen').body).toBe('Hello\n-- \nChen');
  });
  it('survives a change of mode', () => {
    const rich = withSignature(draft({}), '', 'Ada');
    expect(inMode(inMode(rich, 'plain'), 'rich').body).toBe(rich.body);
  });
});

import { describe, expect, it } from 'vitest';
import type { Mailbox } from '@/api/jmap/types';
import { operator, pieces, read } from './searching';

const mailbox = (id: string, name: string, role: Mailbox['role'] = null, parentId: string | null = null) =>
  ({ id, name, role, parentId }) as Mailbox;
const mailboxes = [
  mailbox('i', 'INBOX', 'inbox'),
  mailbox('t', 'Trash', 'trash'),
  mailbox('j', 'Junk', 'junk'),
  mailbox('w', 'Client work'),
  mailbox('c', 'Clinic', null, 'w'),
];
const labels = [{ keyword: 'follow_up', name: 'Follow up', hue: 20 }];
const elsewhere = { inMailboxOtherThan: ['t', 'j'] };

describe('the search field', () => {
  it('leaves words and operators to the server, and Trash and Junk out', () => {
    expect(read('from:ada has:attachment  budget', mailboxes, labels).filter).toEqual({
      operator: 'AND',
      conditions: [{ text: 'from:ada has:attachment budget' }, elsewhere],
    });
  });

  it('knows folders by role, name and path', () => {
    expect(read('in:trash', mailboxes, labels).filter).toEqual({ inMailbox: 't' });
    expect(read('in:spam x', mailboxes, labels).filter).toEqual({
      operator: 'AND',
      conditions: [{ inMailbox: 'j' }, { text: 'x' }],
    });
    expect(read('in:"client work"', mailboxes, labels).filter).toEqual({ inMailbox: 'w' });
    expect(read('in:"Client work/clinic"', mailboxes, labels).filter).toEqual({ inMailbox: 'c' });
  });

  it('says which folder there is not', () => {
    expect(read('in:nowhere x', mailboxes, labels).problems).toEqual(['There is no folder “nowhere”.']);
  });

  it('in:anywhere looks everywhere', () => {
    expect(read('in:anywhere tea', mailboxes, labels).filter).toEqual({ text: 'tea' });
  });

  it('turns labels into keywords, also negated', () => {
    expect(read('label:"Follow up" -label:done', mailboxes, labels).filter).toEqual({
      operator: 'AND',
      conditions: [{ hasKeyword: 'follow_up' }, { operator: 'NOT', conditions: [{ hasKeyword: 'done' }] }, elsewhere],
    });
  });

  it('quotes values with spaces', () => {
    expect(operator('in', 'Client work')).toBe('in:"Client work"');
    expect(operator('label', 'travel')).toBe('label:travel');
  });

  it('reads snippets as text, never as HTML', () => {
    expect(pieces('5 &lt;b&gt; <mark>tea</mark> &amp;amp; cake')).toEqual([
      { text: '5 <b> ', marked: false },
      { text: 'tea', marked: true },
      { text: ' &amp; cake', marked: false },
    ]);
  });
});

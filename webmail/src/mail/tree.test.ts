import { describe, expect, it } from 'vitest';
import type { Mailbox, MailboxRole } from '@/api/jmap/types';
import { flat, pathOf, treeOf, within, withoutRole, withRole } from './tree';

function mailbox(id: string, parentId: string | null = null, role: MailboxRole | null = null): Mailbox {
  const myRights = { mayReadItems: true } as Mailbox['myRights'];
  const counts = { totalEmails: 0, unreadEmails: 0, totalThreads: 0, unreadThreads: 0 };
  return { id, name: id, parentId, role, sortOrder: 0, ...counts, myRights, isSubscribed: true };
}

const all = [
  mailbox('Trash', null, 'trash'),
  mailbox('Work'),
  mailbox('Clinic', 'Clients'),
  mailbox('INBOX', null, 'inbox'),
  mailbox('Clients'),
  mailbox('2026', 'Clinic'),
  mailbox('Lists', 'INBOX'),
];

describe('the tree of mailboxes', () => {
  it('puts roles first, in the order people expect, with what is inside them', () => {
    expect(flat(withRole(all)).map((node) => [node.mailbox.id, node.depth])).toEqual([
      ['INBOX', 0],
      ['Lists', 1],
      ['Trash', 0],
    ]);
  });

  it('then the others by name, and closed ones hide their children', () => {
    const nodes = withoutRole(all);
    expect(flat(nodes).map((node) => node.mailbox.id)).toEqual(['Clients', 'Clinic', '2026', 'Work']);
    expect(flat(nodes, new Set(['Clients'])).map((node) => node.mailbox.id)).toEqual(['Clients', 'Work']);
  });

  it('a mailbox whose parent cannot be seen stands at the top', () => {
    expect(treeOf([mailbox('shared', 'hidden')]).map((node) => node.mailbox.id)).toEqual(['shared']);
  });

  it('knows paths and everything inside', () => {
    expect(pathOf(all[5] as Mailbox, all)).toBe('Clients / Clinic / 2026');
    expect(within('Clients', all)).toEqual(new Set(['Clients', 'Clinic', '2026']));
  });
});

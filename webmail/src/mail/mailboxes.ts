// The mailboxes of every account one can see, from the query cache, and finding one by id or role.
import { queryOptions, useQueries, useSuspenseQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { call, primaryOf, useJmapSession } from '@/api/jmap/client';
import type { Id, JmapAccount, Mailbox, MailboxRole } from '@/api/jmap/types';
import type { Place } from './tree';

export const mailboxesQuery = (accountId: Id) =>
  queryOptions({
    queryKey: ['jmap', accountId, 'mailboxes'],
    staleTime: Number.POSITIVE_INFINITY, // push says when they changed
    queryFn: async (): Promise<Mailbox[]> => (await call('Mailbox/get', { accountId, ids: null })).list,
  });

export interface AccountMailboxes {
  id: Id;
  account: JmapAccount;
  mailboxes: Mailbox[];
}

/** One's own mailboxes first, then those of each account that shares some. */
export function useAccounts(): AccountMailboxes[] {
  const session = useJmapSession();
  const own = primaryOf(session);
  const ids = useMemo(
    () => [own, ...Object.keys(session.accounts).filter((id) => id !== own && isForMail(session.accounts[id]))],
    [session, own],
  );
  useSuspenseQuery(mailboxesQuery(own)); // what everything else needs; the others may come later
  const found = useQueries({ queries: ids.map(mailboxesQuery) });
  return ids.flatMap((id, index) => {
    const account = session.accounts[id];
    return account ? [{ id, account, mailboxes: found[index]?.data ?? [] }] : [];
  });
}

function isForMail(account: JmapAccount | undefined): boolean {
  return account !== undefined && 'urn:ietf:params:jmap:mail' in account.accountCapabilities;
}

/** `name` as in the address: a role of one's own mailboxes, or an id. */
export function find(accounts: readonly AccountMailboxes[], name: string): Place | undefined {
  for (const { id, account, mailboxes } of accounts) {
    const found = mailboxes.find((mailbox) => mailbox.id === name || (account.isPersonal && mailbox.role === name));
    if (found) return { ...found, accountId: id };
  }
  return undefined;
}

export function byRole(mailboxes: readonly Mailbox[], role: MailboxRole): Mailbox | undefined {
  return mailboxes.find((mailbox) => mailbox.role === role);
}

/** What stands in the address for it. */
export function addressOf(mailbox: Mailbox, isPersonal: boolean): string {
  return isPersonal && mailbox.role !== null ? mailbox.role : mailbox.id;
}

export function useMailboxesOf(accountId: Id): Mailbox[] {
  return useSuspenseQuery(mailboxesQuery(accountId)).data;
}

// All messages of a thread with what reading them needs: headers, plain text, attachments. HTML is fetched by its frame.
import { queryOptions } from '@tanstack/react-query';
import { Batch } from '@/api/jmap/batch';
import { send } from '@/api/jmap/client';
import type { Email, Id } from '@/api/jmap/types';
import { noteState } from './changes';
import { ROW_PROPERTIES } from './patches';
import { putRows, putThreads } from './store';

const MAX_TEXT_OCTETS = 512 * 1024; // of a message's plain text; what is longer is shown from the raw source
const MOST = 200; // messages of one thread; the newest are shown

const PROPERTIES = [
  ...ROW_PROPERTIES,
  'blobId',
  'messageId',
  'sender',
  'cc',
  'bcc',
  'replyTo',
  'sentAt',
  'textBody',
  'htmlBody',
  'attachments',
  'bodyValues',
  'header:Authentication-Results:asText',
  'header:List-Unsubscribe:asURLs',
];

export interface ReadThread {
  /** Oldest first. */
  emails: Email[];
  /** How many older ones are not shown. */
  omitted: number;
}

export const threadQuery = (accountId: Id, threadId: Id) =>
  queryOptions({
    queryKey: ['jmap', accountId, 'thread', threadId],
    staleTime: 5 * 60_000, // push says when it changed
    queryFn: async (): Promise<ReadThread> => {
      const first = new Batch();
      const asked = first.add('Thread/get', { accountId, ids: [threadId] });
      const [thread] = (await send(first)).of(asked).list;
      if (!thread) return { emails: [], omitted: 0 };
      putThreads([thread]);
      const batch = new Batch();
      const emails = batch.add('Email/get', {
        accountId,
        ids: thread.emailIds.slice(-MOST),
        properties: PROPERTIES,
        bodyProperties: ['partId', 'blobId', 'size', 'name', 'type', 'charset', 'disposition', 'cid'],
        fetchTextBodyValues: true,
        maxBodyValueBytes: MAX_TEXT_OCTETS,
      });
      const got = (await send(batch)).of(emails);
      noteState(accountId, got.state);
      putRows(got.list);
      const sorted = [...got.list].sort((a, b) => a.receivedAt.localeCompare(b.receivedAt));
      return { emails: sorted, omitted: thread.emailIds.length - sorted.length };
    },
  });

/** The text as it is read: the values of the parts that `textBody` names. */
export function plainText(email: Email): string {
  return email.textBody.map((part) => (part.partId ? (email.bodyValues[part.partId]?.value ?? '') : '')).join('\n');
}

export function hasHtml(email: Email): boolean {
  return email.htmlBody.some((part) => part.type === 'text/html');
}

/** What the receiving server found out about the sender (RFC 8601), as words for people. */
export function authentication(email: Email): { method: string; result: string }[] {
  const header = email['header:Authentication-Results:asText'];
  if (typeof header !== 'string') return [];
  return [...header.matchAll(/\b(spf|dkim|dmarc|arc)=(\w+)/gi)].map(([, method = '', result = '']) => ({
    method: method.toUpperCase(),
    result: result.toLowerCase(),
  }));
}

// Changes to a message before the server has confirmed them, and the changes that take them back. Pure.
import type { Email, Id, Keywords } from '@/api/jmap/types';

/** What lists know of a message. */
export type Row = Pick<
  Email,
  | 'id'
  | 'threadId'
  | 'mailboxIds'
  | 'keywords'
  | 'from'
  | 'to'
  | 'subject'
  | 'receivedAt'
  | 'preview'
  | 'hasAttachment'
  | 'size'
>;
export const ROW_PROPERTIES: (keyof Row)[] = [
  'id',
  'threadId',
  'mailboxIds',
  'keywords',
  'from',
  'to',
  'subject',
  'receivedAt',
  'preview',
  'hasAttachment',
  'size',
];

/** Keywords to set (true) or take away (false), and where the message goes. */
export interface Patch {
  keywords?: Record<string, boolean>;
  mailbox?: Id;
}

/** As a JMAP update of Email/set (RFC 8620 §5.3). */
export function toUpdate(patch: Patch): Record<string, unknown> {
  const update: Record<string, unknown> = {};
  for (const [keyword, on] of Object.entries(patch.keywords ?? {})) {
    update[`keywords/${keyword.replaceAll('~', '~0').replaceAll('/', '~1')}`] = on ? true : null;
  }
  if (patch.mailbox) update.mailboxIds = { [patch.mailbox]: true };
  return update;
}

export function applied<T extends Pick<Row, 'keywords' | 'mailboxIds'>>(row: T, patch: Patch): T {
  const keywords: Keywords = { ...row.keywords };
  for (const [keyword, on] of Object.entries(patch.keywords ?? {})) {
    if (on) keywords[keyword] = true;
    else delete keywords[keyword];
  }
  return { ...row, keywords, ...(patch.mailbox ? { mailboxIds: { [patch.mailbox]: true } } : {}) };
}

/** What of `patch` changes this row; null: nothing. */
export function effective(row: Row, patch: Patch): Patch | null {
  const keywords = Object.fromEntries(
    Object.entries(patch.keywords ?? {}).filter(([keyword, on]) => keyword in row.keywords !== on),
  );
  const moves = patch.mailbox !== undefined && !(patch.mailbox in row.mailboxIds);
  if (Object.keys(keywords).length === 0 && !moves) return null;
  return { ...(Object.keys(keywords).length ? { keywords } : {}), ...(moves ? { mailbox: patch.mailbox } : {}) };
}

/** The patch that brings the row back from `patch` to how it is now. */
export function inverse(row: Row, patch: Patch): Patch {
  const back: Patch = {};
  if (patch.keywords) {
    back.keywords = Object.fromEntries(
      Object.keys(patch.keywords).map((keyword) => [keyword, keyword in row.keywords]),
    );
  }
  const place = Object.keys(row.mailboxIds)[0];
  if (patch.mailbox && place) back.mailbox = place;
  return back;
}

// Who a reply goes to, from whom, and under which subject. Pure; used when the composer opens on a message.

import { type Address, sameEmail, withoutDoubles } from './addresses';

export interface Answerable {
  from: readonly Address[] | null;
  replyTo: readonly Address[] | null;
  to: readonly Address[] | null;
  cc: readonly Address[] | null;
  bcc?: readonly Address[] | null;
}

export interface Recipients {
  to: Address[];
  cc: Address[];
}

/**
 * To whom a reply goes. `own` are the addresses of the person writing.
 * RFC 5322 §3.6.2: Reply-To where the author gave one, otherwise From. Answering one's own mail goes on to those it
 * went to, as every mail program does; with `all` the other recipients stay where they were, without oneself.
 */
export function replyRecipients(original: Answerable, own: readonly string[], all: boolean): Recipients {
  const isOwn = (address: Address) => own.some((mine) => sameAccount(mine, address.email));
  const written = original.from ?? [];
  const to = original.to ?? [];
  const cc = original.cc ?? [];
  if (written.length > 0 && written.every(isOwn)) {
    const others = to.filter((address) => !isOwn(address));
    return {
      to: withoutDoubles(others.length > 0 ? others : to),
      cc: all ? without(cc, [...to], isOwn) : [],
    };
  }
  const answered = withoutDoubles(original.replyTo?.length ? original.replyTo : written);
  if (!all) return { to: answered, cc: [] };
  const toAll = [...answered, ...without(to, answered, isOwn)];
  return { to: toAll, cc: without(cc, toAll, isOwn) };
}

function without(addresses: readonly Address[], taken: readonly Address[], isOwn: (a: Address) => boolean): Address[] {
  return withoutDoubles(addresses).filter(
    (address) => !isOwn(address) && !taken.some((other) => sameEmail(other.email, address.email)),
  );
}

/** `ada+lists@…` reaches Ada too: the part after a plus sign is hers to choose (RFC 5233). */
function sameAccount(mine: string, other: string): boolean {
  return sameEmail(withoutDetail(mine), withoutDetail(other)) && (sameEmail(mine, other) || !mine.includes('+'));
}

function withoutDetail(email: string): string {
  const at = email.lastIndexOf('@');
  const plus = email.indexOf('+');
  return plus > 0 && plus < at ? email.slice(0, plus) + email.slice(at) : email;
}

/** The identity the original was addressed to, so that an answer comes from the address that was asked. */
export function answeringIdentity<T extends { email: string }>(
  original: Answerable,
  identities: readonly T[],
): T | null {
  const fields = [original.from, original.to, original.cc, original.bcc];
  for (const exact of [true, false]) {
    for (const field of fields) {
      for (const address of field ?? []) {
        const match = identities.find((identity) =>
          exact ? sameEmail(identity.email, address.email) : sameAccount(identity.email, address.email),
        );
        if (match) return match;
      }
    }
  }
  return identities[0] ?? null;
}

// The prefixes other mail programs write in front of a reply or a forwarded message.
const REPLY_PREFIX = /^\s*(?:re|aw|sv|antw|odp|ynt|回复|答复)(?:\[\d+\])?\s*[:：]\s*/iu;
const FORWARD_PREFIX = /^\s*(?:fwd?|wg|tr|rv|enc|vs|转发)\s*[:：]\s*/iu;

/** `Re: ` once, however many programs have added theirs before. */
export function replySubject(subject: string | null): string {
  let rest = subject ?? '';
  while (REPLY_PREFIX.test(rest)) rest = rest.replace(REPLY_PREFIX, '');
  return `Re: ${rest.trim()}`.trim();
}

/** `Fwd: ` once. */
export function forwardSubject(subject: string | null): string {
  let rest = subject ?? '';
  while (FORWARD_PREFIX.test(rest)) rest = rest.replace(FORWARD_PREFIX, '');
  return `Fwd: ${rest.trim()}`.trim();
}

// RFC 5322 §3.6.4 sets no limit; a line of References beyond this many ids is cut by mail programs anyway.
const MAX_REFERENCES = 50;

/** RFC 5322 §3.6.4: References of a reply are the parent's References (or In-Reply-To) and its Message-ID. */
export function referencesOf(parent: {
  messageId: readonly string[] | null;
  references: readonly string[] | null;
  inReplyTo: readonly string[] | null;
}): { inReplyTo: string[] | null; references: string[] | null } {
  const own = parent.messageId ?? [];
  if (own.length === 0) return { inReplyTo: null, references: null };
  const inherited = parent.references?.length
    ? parent.references
    : parent.inReplyTo?.length === 1
      ? parent.inReplyTo
      : [];
  const all = [...new Set([...inherited, ...own])];
  // The first one names the thread: it stays when the middle is cut.
  const kept = all.length > MAX_REFERENCES ? [all[0] as string, ...all.slice(1 - MAX_REFERENCES)] : all;
  return { inReplyTo: [...own], references: kept };
}

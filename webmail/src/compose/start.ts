// From what somebody asked for (a reply, a mailto: link, a stored draft) to the draft the window opens with.

import { browserTimeZone, preferencesQuery } from '@/account/preferences';
import { Batch } from '@/api/jmap/batch';
import { ownAccount, send } from '@/api/jmap/client';
import type { Email, Id, Identity } from '@/api/jmap/types';
import { queries } from '@/api/queries';
import { parseAddresses, sameEmail } from './addresses';
import { bringAlong } from './attachments';
import { cleanHtml } from './cleanhtml';
import {
  attachmentsOf,
  bodyHtml,
  bodyText,
  DRAFT_PROPERTIES,
  type Draft,
  draftOf,
  inMode,
  newDraft,
  withSignature,
} from './draft';
import { identitiesQuery } from './mail';
import { parseMailto } from './mailto';
import type { ComposeIntent } from './open';
import { htmlOfText } from './plaintext';
import { forwardQuote, type Original, replyQuote } from './quoting';
import { answeringIdentity, forwardSubject, referencesOf, replyRecipients, replySubject } from './recipients';

const MAX_BODY_OCTETS = 1_000_000; // of what is quoted; beyond it the beginning is enough for a reply

/** Throws ApiError or MethodError when the message or the identities cannot be read. */
export async function startDraft(intent: ComposeIntent): Promise<Draft> {
  const identities = await queries.ensureQueryData(identitiesQuery);
  const preferences = await queries.ensureQueryData(preferencesQuery).catch(() => null);
  const domain = identities[0]?.email.split('@')[1] ?? 'localhost';
  const mode = preferences?.display.writing ?? 'rich';
  const fresh = newDraft(domain);
  switch (intent.kind) {
    case 'new': {
      const to = intent.to ? parseAddresses(intent.to) : [];
      const body = htmlOfText(intent.body ?? '');
      return signed({ ...fresh, to, subject: intent.subject ?? '', body }, identities[0], mode);
    }
    case 'mailto': {
      const fields = parseMailto(intent.href);
      if (!fields) throw new Error('This link is no mail address.');
      return signed({ ...fresh, ...fields, body: htmlOfText(fields.body) } as Draft, identities[0], mode);
    }
    case 'draft': {
      const email = await fetchEmail(intent.accountId, intent.emailId);
      const draft = draftOf(email, domain, (html) => cleanHtml(html, { remotePictures: 'keep' }));
      const identity =
        identities.find(({ email: mine }) => draft.from && sameEmail(mine, draft.from.email)) ?? identities[0];
      return { ...draft, identityId: identity?.id ?? null, from: draft.from ?? fromOf(identity) };
    }
    default: {
      const email = await fetchEmail(intent.accountId, intent.emailId);
      const timeZone = preferences?.time_zone || browserTimeZone();
      return signed(await answer(intent, email, fresh, identities, timeZone), identityFor(email, identities), mode);
    }
  }
}

type Answering = Extract<ComposeIntent, { kind: 'reply' | 'reply-all' | 'forward' }>;

async function answer(
  intent: Answering,
  email: Email,
  fresh: Draft,
  identities: Identity[],
  timeZone: string,
): Promise<Draft> {
  const forward = intent.kind === 'forward';
  const html = bodyHtml(email);
  const original: Original = {
    from: email.from,
    to: email.to,
    cc: email.cc,
    subject: email.subject,
    date: email.sentAt ?? email.receivedAt,
    html: html === null ? null : cleanHtml(html, { remotePictures: forward ? 'keep' : 'drop' }),
    text: bodyText(email, 'textBody'),
  };
  const own = identities.map(({ email: mine }) => mine);
  const quote = forward ? forwardQuote(original, { timeZone }) : replyQuote(original, { timeZone });
  // A reply takes along only the pictures inside the text it quotes; what is forwarded keeps everything.
  const files = attachmentsOf(email).filter(
    ({ cid }) => forward || (cid !== null && quote.html.includes(`cid:${cid}`)),
  );
  const recipients = forward ? { to: [], cc: [] } : replyRecipients(email, own, intent.kind === 'reply-all');
  return {
    ...fresh,
    ...recipients,
    ...(forward ? { references: referencesOf(email).references } : referencesOf(email)),
    subject: forward ? forwardSubject(email.subject) : replySubject(email.subject),
    quote,
    attachments: await bringAlong(files, intent.accountId),
    original: { accountId: intent.accountId, emailId: email.id, keyword: forward ? '$forwarded' : '$answered' },
  };
}

function identityFor(email: Email, identities: Identity[]): Identity | undefined {
  return answeringIdentity(email, identities) ?? undefined;
}

/** An empty line to write on, then the signature, in the mode the person likes. */
function signed(draft: Draft, identity: Identity | undefined, mode: Draft['mode']): Draft {
  const roomy = { ...draft, body: draft.body || '<p></p>', identityId: identity?.id ?? null, from: fromOf(identity) };
  const withBcc = identity?.bcc?.length ? { ...roomy, bcc: [...roomy.bcc, ...identity.bcc] } : roomy;
  return inMode(withSignature(withBcc, identity?.htmlSignature ?? '', identity?.textSignature ?? ''), mode);
}

export function fromOf(identity: Identity | undefined): Draft['from'] {
  return identity ? { name: identity.name || null, email: identity.email } : null;
}

async function fetchEmail(accountId: Id, emailId: Id): Promise<Email> {
  const batch = new Batch();
  const get = batch.add('Email/get', {
    accountId: accountId || (await ownAccount()),
    ids: [emailId],
    properties: [...DRAFT_PROPERTIES, 'replyTo', 'sentAt', 'receivedAt'],
    fetchTextBodyValues: true,
    fetchHTMLBodyValues: true,
    maxBodyValueBytes: MAX_BODY_OCTETS,
  });
  const [email] = (await send(batch)).of(get).list;
  if (!email) throw new Error('The message is no longer there.');
  return email;
}

// What the composer asks of the server: identities and mailboxes, saving, sending, taking back, throwing away.
import { queryOptions } from '@tanstack/react-query';
import { Batch, MethodError } from '@/api/jmap/batch';
import { call, insist, ownAccount, send } from '@/api/jmap/client';
import type { Email, EmailSubmission, Id, Identity, SetError } from '@/api/jmap/types';
import { queries } from '@/api/queries';
import { ApiError } from '@/api/rest';
import { attachmentsOf, type Draft, emailOf } from './draft';
import { SaveRefused } from './saver';

export const identitiesQuery = queryOptions({
  queryKey: ['jmap', 'identities'],
  queryFn: async (): Promise<Identity[]> => {
    const { list } = await call('Identity/get', { accountId: await ownAccount(), ids: null });
    // Those of one's own addresses first, as the server made them: what one writes from until one chooses another.
    return list.sort((one, other) => Number(one.mayDelete) - Number(other.mayDelete));
  },
});

const rolesQuery = queryOptions({
  queryKey: ['compose', 'roles'],
  staleTime: 5 * 60_000,
  queryFn: async () => {
    const { list } = await call('Mailbox/get', {
      accountId: await ownAccount(),
      ids: null,
      properties: ['id', 'role'],
    });
    return Object.fromEntries(list.flatMap(({ id, role }) => (role ? [[role, id]] : []))) as Record<string, Id>;
  },
});

/** The mailbox of that role. Throws when the account has none. */
async function mailbox(role: 'drafts' | 'sent'): Promise<Id> {
  const roles = await queries.ensureQueryData(rolesQuery);
  if (roles[role]) return roles[role];
  await queries.invalidateQueries({ queryKey: rolesQuery.queryKey });
  throw new SaveRefused(`There is no folder for ${role === 'drafts' ? 'drafts' : 'sent mail'}.`);
}

export interface Saved {
  emailId: Id;
  /** Upload ids end after a while; these are parts of the stored draft, by the key of the attachment. */
  blobIds: Map<string, Id>;
  /** The version before was gone: somebody sent, removed or changed it elsewhere. */
  wasGone: boolean;
}

/**
 * A message is never changed, so a new version is created and the old one destroyed, in one call. `unsure`: an earlier
 * attempt may have got through without its answer; whatever bears our Message-ID is then replaced too.
 * Throws SaveRefused when trying again cannot help.
 */
export async function saveDraft(draft: Draft, unsure: boolean): Promise<Saved> {
  const accountId = await ownAccount();
  const draftsId = await mailbox('drafts');
  const old = new Set(draft.emailId ? [draft.emailId] : []);
  const found = unsure ? await versions(draft, draftsId) : [];
  for (const id of found) old.add(id);
  const create = { draft: emailOf(draft, draftsId) };
  const result = await call('Email/set', { accountId, create, destroy: [...old] }).catch((failure: unknown) => {
    throw isFinal(failure) ? new SaveRefused((failure as Error).message) : failure;
  });
  const created = result.created?.draft;
  if (!created) throw new SaveRefused(refusal(result.notCreated?.draft));
  const wasGone =
    draft.emailId !== null && found.length === 0 && result.notDestroyed?.[draft.emailId]?.type === 'notFound';
  return { emailId: created.id, blobIds: await storedBlobs(draft, created.id), wasGone };
}

/** Refused whatever comes: a request that is too large or wrong. Who is signed out or too fast may try again. */
function isFinal(failure: unknown): boolean {
  if (failure instanceof MethodError)
    return !['serverFail', 'serverUnavailable', 'serverPartialFail'].includes(failure.type);
  return failure instanceof ApiError && [400, 413, 422].includes(failure.status);
}

async function versions(draft: Draft, draftsId: Id): Promise<Id[]> {
  const filter = { inMailbox: draftsId, header: ['Message-ID', draft.messageId] };
  return (await call('Email/query', { accountId: await ownAccount(), filter })).ids;
}

async function storedBlobs(draft: Draft, emailId: Id): Promise<Map<string, Id>> {
  const blobIds = new Map<string, Id>();
  if (!draft.attachments.some(({ blobId }) => blobId !== null)) return blobIds;
  const { list } = await call('Email/get', {
    accountId: await ownAccount(),
    ids: [emailId],
    properties: ['attachments'],
  });
  const stored = list[0] ? attachmentsOf(list[0]) : [];
  for (const mine of draft.attachments) {
    const at = stored.findIndex((other) =>
      mine.cid ? other.cid === mine.cid : other.name === mine.name && other.size === mine.size,
    );
    const [found] = at < 0 ? [] : stored.splice(at, 1);
    if (found?.blobId) blobIds.set(mine.key, found.blobId);
  }
  return blobIds;
}

function refusal(error: SetError | undefined): string {
  if (error?.type === 'overQuota') return 'Your mailbox is full.';
  if (error?.type === 'tooLarge') return 'The message is too large.';
  if (error?.type === 'blobNotFound') return 'An attachment is no longer there. Remove it and attach it again.';
  return error?.description ?? 'The server does not take this message.';
}

export interface Sent {
  submissionId: Id;
  /** When it leaves; until then it can be taken back. */
  sendAt: Date;
}

/** `holdSeconds`: how long it can be taken back. `at`: not before that moment. The draft must be saved. */
export async function sendDraft(draft: Draft, when: { holdSeconds: number } | { at: Date }): Promise<Sent> {
  const accountId = await ownAccount();
  const [draftsId, sentId] = await Promise.all([mailbox('drafts'), mailbox('sent')]);
  const recipients = [...draft.to, ...draft.cc, ...draft.bcc].map(({ email }) => email);
  const batch = new Batch();
  const submission = batch.add('EmailSubmission/set', {
    accountId,
    create: {
      it: {
        emailId: draft.emailId,
        identityId: draft.identityId,
        envelope: {
          mailFrom: { email: draft.from?.email, parameters: parameters(when) },
          rcptTo: [...new Set(recipients)].map((email) => ({ email, parameters: null })),
        },
      },
    },
    onSuccessUpdateEmail: {
      '#it': {
        [`mailboxIds/${draftsId}`]: null,
        [`mailboxIds/${sentId}`]: true,
        'keywords/$draft': null,
        'keywords/$seen': true,
      },
    },
  });
  const answers = await send(batch);
  const result = answers.of(submission);
  const made = result.created?.it;
  if (!made)
    throw new MethodError(result.notCreated?.it?.type ?? 'serverFail', 'EmailSubmission/set', {
      description: whyNotSent(result.notCreated?.it),
    });
  void markOriginal(draft).catch(() => undefined); // that this fails does not matter to what was sent
  const seconds = 'at' in when ? 0 : when.holdSeconds;
  return { submissionId: made.id, sendAt: 'at' in when ? when.at : new Date(Date.now() + seconds * 1_000) };
}

// RFC 4865 §4: HOLDFOR counts seconds, HOLDUNTIL names the moment in UTC.
function parameters(when: { holdSeconds: number } | { at: Date }): Record<string, string> | null {
  if ('at' in when) return { HOLDUNTIL: when.at.toISOString().replace(/\.\d+Z$/, 'Z') };
  return when.holdSeconds > 0 ? { HOLDFOR: String(when.holdSeconds) } : null;
}

function whyNotSent(error: (SetError & { invalidRecipients?: string[] }) | undefined): string {
  if (error?.type === 'invalidRecipients')
    return `These addresses are not valid: ${error.invalidRecipients?.join(', ')}`;
  if (error?.type === 'forbiddenFrom' || error?.type === 'forbiddenMailFrom')
    return 'You may not send from this address.';
  if (error?.type === 'tooLarge') return 'The message is too large.';
  return error?.description ?? 'The message could not be sent.';
}

/** `$answered` or `$forwarded` on what was answered; a draft opened again knows it by its Message-ID only. */
async function markOriginal(draft: Draft): Promise<void> {
  if (draft.original) {
    const { accountId, emailId, keyword } = draft.original;
    await call('Email/set', { accountId, update: { [emailId]: { [`keywords/${keyword}`]: true } } });
    return;
  }
  const forwarded = draft.quote?.kind === 'forward';
  const parent = forwarded ? draft.references?.at(-1) : draft.inReplyTo?.[0];
  if (!parent) return;
  const accountId = await ownAccount();
  const { ids } = await call('Email/query', { accountId, filter: { header: ['Message-ID', parent] } });
  const keyword = forwarded ? 'keywords/$forwarded' : 'keywords/$answered';
  if (ids.length > 0)
    await call('Email/set', { accountId, update: Object.fromEntries(ids.map((id) => [id, { [keyword]: true }])) });
}

/** Takes it back into Drafts. Throws MethodError `cannotUnsend` when it has left. */
export async function takeBack(submissionId: Id): Promise<void> {
  const accountId = await ownAccount();
  const [draftsId, sentId] = await Promise.all([mailbox('drafts'), mailbox('sent')]);
  insist(
    await call('EmailSubmission/set', {
      accountId,
      update: { [submissionId]: { undoStatus: 'canceled' } },
      onSuccessUpdateEmail: {
        [submissionId]: { [`mailboxIds/${sentId}`]: null, [`mailboxIds/${draftsId}`]: true, 'keywords/$draft': true },
      },
    }),
  );
}

/** Destroys the stored version; that it is gone already is fine. */
export async function discardDraft(draft: Draft): Promise<void> {
  if (draft.emailId) await call('Email/set', { accountId: await ownAccount(), destroy: [draft.emailId] });
}

export interface Scheduled {
  submission: EmailSubmission;
  email: Pick<Email, 'id' | 'subject' | 'to' | 'cc' | 'bcc'> | null;
}

export const scheduledQuery = queryOptions({
  queryKey: ['jmap', 'scheduled'],
  refetchInterval: 60_000,
  queryFn: async (): Promise<Scheduled[]> => {
    const accountId = await ownAccount();
    const batch = new Batch();
    const query = batch.add('EmailSubmission/query', { accountId, filter: { undoStatus: 'pending' }, limit: 200 });
    const submissions = batch.add('EmailSubmission/get', { accountId, '#ids': query.ref('/ids') });
    const emails = batch.add('Email/get', {
      accountId,
      '#ids': submissions.ref('/list/*/emailId'),
      properties: ['id', 'subject', 'to', 'cc', 'bcc'],
    });
    const answers = await send(batch);
    const byId = new Map(answers.of(emails).list.map((email) => [email.id, email]));
    return answers
      .of(submissions)
      .list.filter(({ sendAt }) => new Date(sendAt).getTime() > Date.now())
      .sort((one, other) => one.sendAt.localeCompare(other.sendAt))
      .map((submission) => ({ submission, email: byId.get(submission.emailId) ?? null }));
  },
});

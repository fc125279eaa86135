// What is being written, and its way to and from an Email object. Pure but for the DOM.
import type { Email } from '@/api/jmap/types';
import type { Address } from './addresses';
import { escapeHtml, htmlOfText, textOfHtml } from './plaintext';
import { type Quote, quoteAsHtml, quoteAsText, splitQuote } from './quoting';

export interface Attachment {
  key: string;
  name: string;
  type: string;
  size: number;
  /** null until it is uploaded. */
  blobId: string | null;
  /** Content-ID of a picture inside the text; null for a file beside it. */
  cid: string | null;
  state: 'uploading' | 'done' | 'failed';
  /** 0 … 1 while uploading. */
  progress: number;
  problem?: string;
}

export interface Draft {
  /** Message-ID without brackets: the same for every saved version, so that a version can be found again. */
  messageId: string;
  /** The version the server has; null before the first save. */
  emailId: string | null;
  identityId: string | null;
  from: Address | null;
  to: Address[];
  cc: Address[];
  bcc: Address[];
  subject: string;
  mode: 'rich' | 'plain';
  /** One's own words: HTML whose pictures are named `cid:…` in rich mode, text in plain mode. */
  body: string;
  quote: Quote | null;
  attachments: Attachment[];
  inReplyTo: string[] | null;
  references: string[] | null;
  /** What this answers or forwards, to be marked so when it is sent. */
  original: { emailId: string; accountId: string; keyword: '$answered' | '$forwarded' } | null;
}

export const SIGNATURE_CLASS = 'mailwright-signature';

export function newDraft(domain: string): Draft {
  return {
    messageId: `${randomId()}@${domain}`,
    emailId: null,
    identityId: null,
    from: null,
    to: [],
    cc: [],
    bcc: [],
    subject: '',
    mode: 'rich',
    body: '',
    quote: null,
    attachments: [],
    inReplyTo: null,
    references: null,
    original: null,
  };
}

/** 128 random bits. `crypto.randomUUID` is not there on pages without TLS, this is. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (octet) => octet.toString(16).padStart(2, '0')).join(
    '',
  );
}

/** Whether anything would be lost with it. */
export function isEmptyDraft(draft: Draft): boolean {
  const people = draft.to.length + draft.cc.length + draft.bcc.length;
  return (
    people === 0 && draft.subject.trim() === '' && draft.attachments.length === 0 && writtenText(draft).trim() === ''
  );
}

/** What the person wrote: without quote and signature. */
export function writtenText(draft: Draft): string {
  if (draft.mode === 'plain') return draft.body.split('\n-- \n')[0] ?? '';
  const body = new DOMParser().parseFromString(draft.body, 'text/html').body;
  for (const signature of body.querySelectorAll(`.${SIGNATURE_CLASS}`)) signature.remove();
  return textOfHtml(body.innerHTML);
}

/** The text part: the whole message without its marks. */
export function textOf(draft: Draft): string {
  const own = draft.mode === 'plain' ? draft.body : textOfHtml(draft.body);
  return draft.quote ? `${own}\n\n${quoteAsText(draft.quote)}\n` : own;
}

/** The HTML part, pictures as `cid:…`. */
export function htmlOf(draft: Draft): string {
  return `<!DOCTYPE html><html><body>${draft.body}${draft.quote ? quoteAsHtml(draft.quote) : ''}</body></html>`;
}

/** RFC 8621 §4.6: the Email to create for it, in the mailbox and with the keywords of a draft. */
export function emailOf(draft: Draft, draftsId: string): Record<string, unknown> {
  const addresses = (list: Address[]) => (list.length > 0 ? list.map(({ name, email }) => ({ name, email })) : null);
  const rich = draft.mode === 'rich';
  const html = rich ? htmlOf(draft) : '';
  const attachments = draft.attachments
    .filter(({ blobId, cid }) => blobId !== null && (cid === null || html.includes(`cid:${cid}`)))
    .map(({ blobId, type, name, cid }) => ({
      blobId,
      type: type || 'application/octet-stream',
      name,
      disposition: cid ? 'inline' : 'attachment',
      ...(cid ? { cid } : {}),
    }));
  return {
    mailboxIds: { [draftsId]: true },
    keywords: { $draft: true, $seen: true },
    messageId: [draft.messageId],
    from: draft.from ? [{ name: draft.from.name, email: draft.from.email }] : null,
    to: addresses(draft.to),
    cc: addresses(draft.cc),
    bcc: addresses(draft.bcc),
    subject: draft.subject,
    ...(draft.inReplyTo ? { inReplyTo: draft.inReplyTo } : {}),
    ...(draft.references ? { references: draft.references } : {}),
    bodyValues: { text: { value: textOf(draft) }, ...(rich ? { html: { value: html } } : {}) },
    textBody: [{ partId: 'text', type: 'text/plain' }],
    ...(rich ? { htmlBody: [{ partId: 'html', type: 'text/html' }] } : {}),
    ...(attachments.length > 0 ? { attachments } : {}),
  };
}

/** What `draftOf` needs of an Email. */
export const DRAFT_PROPERTIES = [
  'id',
  'messageId',
  'inReplyTo',
  'references',
  'from',
  'to',
  'cc',
  'bcc',
  'subject',
  'textBody',
  'htmlBody',
  'attachments',
  'bodyValues',
];

/** A stored draft opened again. Its HTML is not clean yet: the editor cleans what it takes in, the quote is cleaned here. */
export function draftOf(email: Email, domain: string, clean: (html: string) => string): Draft {
  const htmlPart = email.htmlBody.find(({ type }) => type === 'text/html');
  const html = htmlPart?.partId ? (email.bodyValues[htmlPart.partId]?.value ?? '') : '';
  const text = bodyText(email, 'textBody');
  const { own, quote } = html ? splitQuote(html) : { own: text, quote: null };
  return {
    ...newDraft(domain),
    ...(email.messageId?.[0] ? { messageId: email.messageId[0] } : {}),
    emailId: email.id,
    from: email.from?.[0] ?? null,
    to: email.to ?? [],
    cc: email.cc ?? [],
    bcc: email.bcc ?? [],
    subject: email.subject ?? '',
    mode: html ? 'rich' : 'plain',
    body: html ? clean(own) : own.replace(/\r\n?/g, '\n'),
    quote: quote ? { ...quote, html: clean(quote.html) } : null,
    attachments: attachmentsOf(email),
    inReplyTo: email.inReplyTo,
    references: email.references,
  };
}

/** The files of a stored message, as attachments of a new one. */
export function attachmentsOf(email: Pick<Email, 'attachments'>): Attachment[] {
  return email.attachments.flatMap((part) =>
    part.blobId === null
      ? []
      : [
          {
            key: randomId(),
            name: part.name ?? (part.type === 'message/rfc822' ? 'message.eml' : 'attachment'),
            type: part.type,
            size: part.size,
            blobId: part.blobId,
            cid: part.cid && part.disposition !== 'attachment' ? part.cid : null,
            state: 'done' as const,
            progress: 1,
          },
        ],
  );
}

/** The parts of a body list joined, as text. */
export function bodyText(
  email: Pick<Email, 'textBody' | 'htmlBody' | 'bodyValues'>,
  list: 'textBody' | 'htmlBody',
): string {
  return email[list]
    .map((part) => {
      const value = part.partId ? (email.bodyValues[part.partId]?.value ?? '') : '';
      return part.type === 'text/html' ? textOfHtml(value) : value;
    })
    .filter(Boolean)
    .join('\n');
}

/** The HTML to quote: the HTML parts as they are, text parts among them as HTML; null when there is only text. */
export function bodyHtml(email: Pick<Email, 'htmlBody' | 'bodyValues'>): string | null {
  if (!email.htmlBody.some(({ type }) => type === 'text/html')) return null;
  return email.htmlBody
    .map((part) => {
      const value = part.partId ? (email.bodyValues[part.partId]?.value ?? '') : '';
      return part.type === 'text/html' ? value : part.type === 'text/plain' ? htmlOfText(value) : '';
    })
    .join('');
}

/** From rich to plain and back; the quote is kept as HTML and written as the mode wants. */
export function inMode(draft: Draft, mode: Draft['mode']): Draft {
  if (draft.mode === mode) return draft;
  if (mode === 'plain') return { ...draft, mode, body: textOfHtml(draft.body) };
  const [own = '', ...signature] = draft.body.split('\n-- \n');
  return {
    ...draft,
    mode,
    body: htmlOfText(own) + (signature.length > 0 ? signatureHtml('', signature.join('\n')) : ''),
  };
}

/** An identity's signature as it stands in the HTML; empty when there is none. */
export function signatureHtml(html: string, text: string): string {
  const inside = html.trim() || escapeHtml(text.trim()).replaceAll('\n', '<br>');
  return inside
    ? `<div class="${SIGNATURE_CLASS}">${/^<(?:p|div|ul|ol|table)\b/i.test(inside) ? inside : `<p>${inside}</p>`}</div>`
    : '';
}

/** The body with another signature: replaced where it stands, at the end where there was none. */
export function withSignature(draft: Draft, html: string, text: string): Draft {
  if (draft.mode === 'plain') {
    const own = draft.body.split('\n-- \n')[0] ?? '';
    const signature = text.trim() || textOfHtml(html);
    return { ...draft, body: signature ? `${own}\n-- \n${signature}` : own };
  }
  const body = new DOMParser().parseFromString(draft.body, 'text/html').body;
  const old = body.querySelector(`.${SIGNATURE_CLASS}`);
  const fresh = signatureHtml(html, text);
  if (old) old.outerHTML = fresh;
  else if (fresh) body.insertAdjacentHTML('beforeend', fresh);
  return { ...draft, body: body.innerHTML };
}

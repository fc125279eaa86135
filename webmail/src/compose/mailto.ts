// mailto: links (RFC 6068): what a link asks the composer to start with.

import { type Address, parseAddresses } from './addresses';

export interface MailtoFields {
  to: Address[];
  cc: Address[];
  bcc: Address[];
  subject: string;
  body: string;
  inReplyTo: string[] | null;
}

// RFC 6068 §7: only fields that are safe to take from a stranger's link; From, attachments and the rest are ignored.
/** The fields of a mailto: link, or null when it is none. Bytes that are no UTF-8 stay as they were written. */
export function parseMailto(link: string): MailtoFields | null {
  const match = /^mailto:([^?#]*)(?:\?([^#]*))?(?:#.*)?$/is.exec(link.trim());
  if (!match) return null;
  const fields: MailtoFields = { to: [], cc: [], bcc: [], subject: '', body: '', inReplyTo: null };
  // RFC 6068 §2: a comma inside an address is %2C, so the list is split before it is decoded.
  fields.to = (match[1] ?? '').split(',').flatMap((one) => asOne(decode(one)));
  for (const pair of (match[2] ?? '').split('&')) {
    const equals = pair.indexOf('=');
    if (equals < 1) continue;
    const name = decode(pair.slice(0, equals)).toLowerCase();
    const value = decode(pair.slice(equals + 1));
    if (name === 'to' || name === 'cc' || name === 'bcc') fields[name].push(...parseAddresses(value));
    else if (name === 'subject') fields.subject = value.replace(/[\r\n]+/g, ' ');
    else if (name === 'body') fields.body = value.replace(/\r\n?/g, '\n');
    else if (name === 'in-reply-to') fields.inReplyTo = messageIds(value);
  }
  return fields;
}

function asOne(address: string): Address[] {
  const email = address.trim();
  return email === '' ? [] : [{ name: null, email }];
}

function messageIds(value: string): string[] | null {
  const ids = [...value.matchAll(/<([^<>\s]+@[^<>\s]+)>/g)].map((match) => match[1] as string);
  return ids.length > 0 ? ids : null;
}

/** RFC 6068 §5: "+" is a plus sign here, never a space. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// What to ask before a message leaves: things people forget and cannot take back.

import { type Address, isEmail } from './addresses';

export interface Outgoing {
  to: readonly Address[];
  cc: readonly Address[];
  bcc: readonly Address[];
  subject: string;
  /** What the person wrote, without quoted history and signature. */
  written: string;
  attachments: readonly { state: 'uploading' | 'done' | 'failed' }[];
}

/** `blocks`: cannot be sent like this. Otherwise the person may say "send anyway". */
export interface Warning {
  id: 'no-recipients' | 'bad-address' | 'uploading' | 'failed-upload' | 'no-subject' | 'no-attachment';
  blocks: boolean;
  text: string;
}

// Words for "attached" in the languages people here write most; whole words only.
const MENTIONS =
  /(?<![\p{L}])(?:attached|attachments?|enclosed|i(?:'|’)ve attached|im anhang|anhang|anbei|angehängt|beigefügt|ci-joint[es]*|pièces? jointes?|adjunt[oa]s?|adjuntado|in allegato|allegat[oiae]|bijlage|bijgevoegd|em anexo|anexad[oa]s?)(?![\p{L}])/iu;

/** Whether the text promises a file. Quoted lines (`>`) do not count: their author attached it. */
export function mentionsAttachment(text: string): boolean {
  return MENTIONS.test(text.replace(/^>.*$/gmu, ''));
}

/** What stands against sending, blocking ones first. Empty: send. */
export function warningsBeforeSending(message: Outgoing): Warning[] {
  const everyone = [...message.to, ...message.cc, ...message.bcc];
  const wrong = everyone.filter(({ email }) => !isEmail(email));
  const warnings: Warning[] = [];
  if (everyone.length === 0) {
    warnings.push({ id: 'no-recipients', blocks: true, text: 'Add at least one recipient.' });
  }
  if (wrong.length > 0) {
    const names = wrong.map(({ email }) => `“${email}”`).join(', ');
    warnings.push({
      id: 'bad-address',
      blocks: true,
      text: `${names} ${wrong.length === 1 ? 'is not an address' : 'are not addresses'} mail can be sent to.`,
    });
  }
  if (message.attachments.some(({ state }) => state === 'uploading')) {
    warnings.push({ id: 'uploading', blocks: true, text: 'A file is still being uploaded.' });
  }
  if (message.attachments.some(({ state }) => state === 'failed')) {
    warnings.push({ id: 'failed-upload', blocks: true, text: 'A file could not be uploaded. Try again or remove it.' });
  }
  if (message.subject.trim() === '') {
    warnings.push({ id: 'no-subject', blocks: false, text: 'The message has no subject.' });
  }
  if (message.attachments.length === 0 && mentionsAttachment(message.written)) {
    warnings.push({ id: 'no-attachment', blocks: false, text: 'You mention an attachment, but there is none.' });
  }
  return warnings;
}

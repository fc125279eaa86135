// The words of the scribe: where a mail stands, its four steps, what its sentences rest on, what became of it.
import type { Tone } from '@/ui/Badge';
import type { Batch, MailRow, MailStatus, Sent, SentenceState, SentState, Step, TemplateType } from './types';

export const STATUSES: Record<MailStatus, { label: string; tone: Tone }> = {
  PENDING: { label: 'Waiting', tone: 'neutral' },
  PROCESSING: { label: 'Being written', tone: 'accent' },
  COMPLETED: { label: 'Written', tone: 'success' },
  FAILED: { label: 'Failed', tone: 'danger' },
  CANCELLED: { label: 'Cancelled', tone: 'neutral' },
};

export const STEPS: readonly Step[] = ['template_parser', 'web_research', 'papers', 'composer'];
export const STEP_WORDS: Record<Step, { label: string; doing: string }> = {
  template_parser: { label: 'Read the template', doing: 'Reading the template' },
  web_research: { label: 'Look the recipient up', doing: 'Looking the recipient up' },
  papers: { label: 'Look for papers', doing: 'Looking for papers' },
  composer: { label: 'Write, and check every claim', doing: 'Writing, and checking every claim' },
};

export const TYPES: Record<TemplateType, string> = {
  RESEARCH: 'About their research',
  BOOK: 'About their books',
  GENERAL: 'General',
};

export const SENT: Record<Exclude<SentState, ''>, { label: string; tone: Tone }> = {
  drafted: { label: 'In Drafts', tone: 'neutral' },
  asked: { label: 'Waits for approval', tone: 'warning' },
  queued: { label: 'On its way', tone: 'accent' },
  sent: { label: 'Sent', tone: 'success' },
  failed: { label: 'Not delivered', tone: 'danger' },
  refused: { label: 'Not sent', tone: 'danger' },
};

export const SENTENCES: Record<SentenceState, { label: string; help: string }> = {
  verified: { label: 'Checked', help: 'A source says so, word for word.' },
  own: { label: 'In your own words', help: 'From your template, or from what you said of the recipient.' },
  plain: { label: 'States nothing', help: 'Greetings, questions and wishes need no source.' },
  marked: { label: 'Not supported', help: 'Nothing that was read supports this. Check it, or take it out.' },
  edited: { label: 'Changed by hand', help: 'You changed it, so nothing vouches for it any more.' },
};

const SOON_MS = 60_000; // what is held for so long to be taken back leaves while one looks on
const TRIED_MS = 300_000; // after that nobody waits for what cannot be delivered at once

/** Whether it leaves about now: a state that is worth asking for again. */
export function isLeaving({ state, at }: Pick<Sent, 'state' | 'at'>, now = Date.now()): boolean {
  if (state !== 'queued' || at === null) return false;
  return Date.parse(at) < now + SOON_MS && Date.parse(at) > now - TRIED_MS;
}

/** The one badge that tells most of a mail: what became of it, else where it stands. */
export function badgeOf({ status, sent, is_confident }: Pick<MailRow, 'status' | 'sent' | 'is_confident'>): {
  label: string;
  tone: Tone;
} {
  if (sent.state) return SENT[sent.state];
  if (status === 'COMPLETED' && !is_confident) return { label: 'Look at it first', tone: 'warning' };
  return STATUSES[status];
}

const PLACEHOLDER = /\{\{\s*([^{}\n]{1,60}?)\s*\}\}/g;
/** What the form and one's own account stand for already; the rest of a template's placeholders are fields of their own. */
const KNOWN = new Set(
  (
    'name, full name, recipient, recipient name, first name, firstname, given name, last name, lastname, surname, family name, ' +
    'email, e-mail, recipient email, interest, interests, recipient interest, affiliation, ' +
    'my name, your name, sender, sender name, signature'
  ).split(', '),
);

/** The placeholders of a template, each once, as they are written in it. */
export function placeholdersOf(template: string): string[] {
  const found = new Map<string, string>();
  for (const [, name = ''] of template.matchAll(PLACEHOLDER))
    if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), name);
  return [...found.values()];
}

/** Those that a field of their own can be filled in for. */
export function furtherFields(template: string): string[] {
  return placeholdersOf(template).filter((one) => !KNOWN.has(one.toLowerCase().replace(/[\s_]+/g, ' ')));
}

/** `12 of 40 written, 2 failed, 1 cancelled`. */
export function progressInWords({ total, counts }: Pick<Batch, 'total' | 'counts'>): string {
  const more = [
    counts.FAILED ? `${counts.FAILED} failed` : '',
    counts.CANCELLED ? `${counts.CANCELLED} cancelled` : '',
  ].filter(Boolean);
  return [`${counts.COMPLETED ?? 0} of ${total} written`, ...more].join(', ');
}

/** How many of a batch are over, however they ended. */
export function overOf({ counts }: Pick<Batch, 'counts'>): number {
  return (counts.COMPLETED ?? 0) + (counts.FAILED ?? 0) + (counts.CANCELLED ?? 0);
}

export function mails(count: number): string {
  return count === 1 ? '1 mail' : `${count.toLocaleString()} mails`;
}

/** `example.org`, for people; the address itself when it is none. */
export function hostOf(url: string): string {
  try {
    return new URL(url).hostname.replace(/^www\./, '');
  } catch {
    return url;
  }
}

/** Only pages of the web are linked to. */
export function isLink(url: string): boolean {
  return /^https?:\/\//i.test(url);
}

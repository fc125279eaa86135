// What is typed into the search field, as a filter of Email/query. The server reads the operators itself; only what needs
// ids (folders, labels) is taken out here. Pure.
import type { EmailCondition, EmailFilter, Id, Mailbox } from '@/api/jmap/types';
import type { Label } from './labels';
import { pathOf } from './tree';

export interface Read {
  filter: EmailFilter;
  /** Words of the search that could not be understood, as sentences. */
  problems: string[];
}

const OPERATOR = /(-?)(in|label|is):(?:"([^"]*)"?|(\S+))/gi;

export function read(query: string, mailboxes: readonly Mailbox[], labels: readonly Label[]): Read {
  const conditions: EmailFilter[] = [];
  const problems: string[] = [];
  let everywhere = false;
  const rest = query.replace(OPERATOR, (whole, minus: string, operator: string, quoted?: string, bare?: string) => {
    const value = (quoted ?? bare ?? '').trim();
    const name = operator.toLowerCase();
    let condition: EmailCondition | null = null;
    if (name === 'in') {
      everywhere = minus === '';
      if (/^(anywhere|all)$/i.test(value)) return ' ';
      const found = mailboxNamed(value, mailboxes);
      if (found) condition = { inMailbox: found };
      else problems.push(`There is no folder “${value}”.`);
    } else if (name === 'label') {
      condition = { hasKeyword: keywordNamed(value, labels) };
    } else if (value.toLowerCase() === 'snoozed') {
      const found = mailboxNamed('snoozed', mailboxes);
      if (found) condition = { inMailbox: found };
      everywhere = true;
    } else {
      return whole; // is:unread and its kin are the server's
    }
    if (condition) conditions.push(minus ? { operator: 'NOT', conditions: [condition] } : condition);
    return ' ';
  });
  const text = rest.replace(/\s+/g, ' ').trim();
  if (text) conditions.push({ text });
  if (!everywhere) {
    const hidden = mailboxes.filter((one) => one.role === 'trash' || one.role === 'junk').map((one) => one.id);
    if (hidden.length) conditions.push({ inMailboxOtherThan: hidden });
  }
  const [only] = conditions;
  return { filter: conditions.length === 1 && only ? only : { operator: 'AND', conditions }, problems };
}

/** By role, by path or by name, whatever the case; a name must be the only one of its kind or comes first in the tree. */
function mailboxNamed(value: string, mailboxes: readonly Mailbox[]): Id | undefined {
  const wanted = value.toLowerCase();
  const paths = mailboxes.map((one) => ({ one, path: pathOf(one, mailboxes).toLowerCase().replaceAll(' / ', '/') }));
  return (
    mailboxes.find((one) => one.role === wanted || (one.role === 'junk' && wanted === 'spam')) ??
    paths.find(({ path }) => path === wanted.replaceAll(' / ', '/'))?.one ??
    mailboxes.find((one) => one.name.toLowerCase() === wanted)
  )?.id;
}

function keywordNamed(value: string, labels: readonly Label[]): string {
  const wanted = value.toLowerCase();
  return labels.find((one) => one.name.toLowerCase() === wanted)?.keyword ?? wanted.replace(/\s+/g, '_');
}

/** `in:"Client work"`: how an operator is typed for that value. */
export function operator(name: string, value: string): string {
  return `${name}:${/\s/.test(value) ? `"${value}"` : value}`;
}

export interface Piece {
  text: string;
  marked: boolean;
}

/** A snippet of SearchSnippet/get (RFC 8621 §5): text escaped as HTML with `<mark>` around what was found, as pieces. */
export function pieces(snippet: string): Piece[] {
  const found: Piece[] = [];
  for (const [index, part] of snippet.split(/<\/?mark>/).entries()) {
    if (part) found.push({ text: unescaped(part), marked: index % 2 === 1 });
  }
  return found;
}

const ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  '#39': "'",
  '#x27': "'",
  '#34': '"',
};

function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos|#39|#x27|#34);/g, (_whole, name: string) => ENTITIES[name] ?? '');
}

export const HELP: { example: string; text: string }[] = [
  { example: 'from:bashir', text: 'who wrote it' },
  { example: 'to:chen', text: 'who got it, copies included' },
  { example: 'subject:invoice', text: 'words of the subject' },
  { example: '"third quarter"', text: 'these words in a row' },
  { example: 'has:attachment', text: 'with a file' },
  { example: 'filename:report', text: 'with a file of that name' },
  { example: 'is:unread', text: 'also read, starred, answered, draft, snoozed' },
  { example: 'in:archive', text: 'in that folder; in:anywhere looks in Junk and Trash, too' },
  { example: 'label:travel', text: 'with that label' },
  { example: 'after:2026-05', text: 'also before, on; a year, month, day or “yesterday”' },
  { example: 'larger:2M', text: 'also smaller' },
  { example: '-draft', text: 'without the word' },
  { example: 'invoice OR receipt', text: 'one of the two' },
];

// Addresses as people type and paste them: reading lists, checking one, writing them back.
// Used by the recipient fields, the recipients of a reply and mailto: links.

export interface Address {
  name: string | null;
  email: string;
}

// RFC 5321 §4.5.3.1: 64 octets before the @ (§4.5.3.1.1), 254 for the whole (256 of a path less its angle brackets).
const MAX_LOCAL_OCTETS = 64;
const MAX_ADDRESS_OCTETS = 254;

const ATOM = /^[^\s"(),:;<>@[\\\]]+$/u;
const QUOTED_LOCAL = /^"(?:[^"\\\r\n]|\\.)+"$/u;
const LABEL = /^[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?$/u;
const ADDRESS_LITERAL = /^\[[0-9A-Za-z:.]+\]$/;

const octets = (text: string) => new TextEncoder().encode(text).length;

/** Whether mail can be addressed to it: syntax and lengths, not whether anybody lives there. */
export function isEmail(email: string): boolean {
  const at = email.lastIndexOf('@');
  if (at < 1 || octets(email) > MAX_ADDRESS_OCTETS) return false;
  const local = email.slice(0, at);
  const domain = email.slice(at + 1);
  if (octets(local) > MAX_LOCAL_OCTETS) return false;
  const isAtoms = local.split('.').every((atom) => ATOM.test(atom));
  if (!isAtoms && !QUOTED_LOCAL.test(local)) return false;
  if (ADDRESS_LITERAL.test(domain)) return true;
  const labels = domain.split('.');
  return labels.length > 1 && labels.every((label) => label.length <= 63 && LABEL.test(label));
}

/** Two spellings of one mailbox; the local part is compared without case as every server in the wild does. */
export function sameEmail(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}

/** The first of each mailbox, keeping order; a name found later fills one that was missing. */
export function withoutDoubles(addresses: readonly Address[]): Address[] {
  const kept = new Map<string, Address>();
  for (const address of addresses) {
    const key = address.email.trim().toLowerCase();
    const known = kept.get(key);
    if (!known) kept.set(key, address);
    else if (!known.name && address.name) kept.set(key, { ...known, name: address.name });
  }
  return [...kept.values()];
}

/**
 * Reads a list as typed or pasted: separated by commas, semicolons, line breaks or tabs, `Name <a@b>`,
 * quoted names with commas inside, comments, groups (`Team: a@b, c@d;`), bare addresses parted by spaces.
 * What is no address comes back too, as an address whose `email` fails `isEmail`: the person sees and mends it.
 */
export function parseAddresses(text: string): Address[] {
  return withoutDoubles(split(text).flatMap(readOne));
}

function split(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  let angle = false;
  let depth = 0; // of comments: RFC 5322 §3.2.2 lets them nest
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] as string;
    if (quoted && char === '\\') {
      part += char + (text[at + 1] ?? '');
      at += 1;
      continue;
    }
    if (char === '"' && depth === 0) quoted = !quoted;
    else if (!quoted && char === '(') depth += 1;
    else if (!quoted && char === ')' && depth > 0) depth -= 1;
    else if (!quoted && depth === 0 && char === '<') angle = true;
    else if (!quoted && depth === 0 && char === '>') angle = false;
    const open = quoted || depth > 0;
    if ((!open && !angle && /[,;\t]/.test(char)) || /[\r\n]/.test(char)) {
      parts.push(part);
      part = '';
      // A quote or bracket nobody closed ends with its line: it must not swallow the rest of a pasted list.
      if (/[\r\n]/.test(char)) {
        quoted = false;
        angle = false;
        depth = 0;
      }
      continue;
    }
    // RFC 5322 §3.4: a group's name ends with a colon; its members are what counts.
    if (!open && !angle && char === ':' && !part.includes('@') && !/^\s*mailto$/i.test(part)) {
      part = '';
      continue;
    }
    part += char;
  }
  parts.push(part);
  return parts.map((piece) => piece.trim()).filter((piece) => piece !== '');
}

function readOne(piece: string): Address[] {
  const angled = /^(.*?)<\s*([^<>]*?)\s*>\s*(?:\(.*\))?$/su.exec(piece);
  if (angled) return [{ name: readName(angled[1] ?? ''), email: bare(angled[2] ?? '') }];
  const comment = /^(\S+@\S+)\s*\((.*)\)$/su.exec(piece);
  if (comment) return [{ name: readName(comment[2] ?? ''), email: bare(comment[1] ?? '') }];
  const words = piece.split(/\s+/u).map(bare);
  if (words.length > 1 && words.every((word) => word.includes('@'))) {
    return words.map((email) => ({ name: null, email }));
  }
  // `Ada Lovelace ada@example.org`: a name and then an address, as spreadsheets paste it.
  const last = words.at(-1) ?? '';
  if (words.length > 1 && isEmail(last)) {
    return [{ name: readName(piece.slice(0, piece.lastIndexOf(last))), email: last }];
  }
  return [{ name: null, email: bare(piece) }];
}

const bare = (email: string) => email.trim().replace(/^mailto:/i, '');

function readName(text: string): string | null {
  const trimmed = text.trim();
  const unquoted = /^"(.*)"$/su.exec(trimmed)?.[1]?.replace(/\\(.)/gsu, '$1') ?? trimmed.replace(/^'(.*)'$/su, '$1');
  return unquoted.trim() || null;
}

/** `Ada Lovelace <ada@example.org>`, quoted where RFC 5322 §3.2.4 wants it; the address alone when it has no name. */
export function formatAddress({ name, email }: Address): string {
  if (!name) return email;
  const plain = /^[\p{L}\p{N}\p{M} !#$%&'*+\-/=?^_`{|}~]+$/u.test(name);
  return `${plain ? name : `"${name.replace(/[\\"]/g, '\\$&')}"`} <${email}>`;
}

/** What a chip shows: the name, or the address where there is none. */
export function shortName({ name, email }: Address): string {
  return name?.trim() || email;
}

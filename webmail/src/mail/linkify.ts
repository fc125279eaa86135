// Plain text as lines of pieces: addresses become links, quoted lines are known by their depth. Pure.

export interface TextPiece {
  text: string;
  href?: string;
}
export interface TextBlock {
  /** How many ">" stood before it. */
  depth: number;
  lines: TextPiece[][];
}

const LINK = /\b(?:https?:\/\/[^\s<>"']+|www\.[^\s<>"']+\.[^\s<>"']+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)/gi;
const TAIL = /[.,;:!?)\]}'"]+$/;

export function blocks(text: string): TextBlock[] {
  const found: TextBlock[] = [];
  for (const line of text.replaceAll('\r\n', '\n').replace(/\n+$/, '').split('\n')) {
    const [marks = ''] = /^(?:> ?)*/.exec(line) ?? [];
    const depth = marks.replaceAll(' ', '').length;
    const last = found.at(-1);
    const pieces = linked(line.slice(marks.length));
    if (last && last.depth === depth) last.lines.push(pieces);
    else found.push({ depth, lines: [pieces] });
  }
  return found;
}

export function linked(line: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let from = 0;
  for (const match of line.matchAll(LINK)) {
    const whole = match[0];
    const tail = TAIL.exec(whole)?.[0] ?? '';
    // A closing bracket belongs to the address when it was opened inside it.
    const kept =
      tail.startsWith(')') && whole.includes('(')
        ? whole.slice(0, whole.length - tail.length + 1)
        : whole.slice(0, whole.length - tail.length);
    if (!kept) continue;
    if (match.index > from) pieces.push({ text: line.slice(from, match.index) });
    pieces.push({ text: kept, href: hrefOf(kept) });
    from = match.index + kept.length;
  }
  if (from < line.length || pieces.length === 0) pieces.push({ text: line.slice(from) });
  return pieces;
}

function hrefOf(address: string): string {
  if (/^https?:/i.test(address)) return address;
  return /^www\./i.test(address) ? `https://${address}` : `mailto:${address}`;
}

// Laying a mail out: its text with its sentences found in it, and a stored copy with the quoted places in it.
import type { Sentence, StoredCopy } from './types';

export interface Piece {
  /** Where it begins; also its key. */
  start: number;
  text: string;
  /** Absent: what stands between sentences. */
  sentence?: Sentence;
}

/**
 * The text cut at its sentences, nothing lost: joined again the pieces are the text. A sentence that does not stand in it, in
 * its turn, vouches for nothing.
 */
export function piecesOf(text: string, sentences: readonly Sentence[]): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const sentence of sentences) {
    const start = sentence.text ? text.indexOf(sentence.text, at) : -1;
    if (start < 0) continue;
    if (start > at) found.push({ start: at, text: text.slice(at, start) });
    at = start + sentence.text.length;
    found.push({ start, text: sentence.text, sentence });
  }
  if (at < text.length) found.push({ start: at, text: text.slice(at) });
  return found;
}

export interface Stretch {
  start: number;
  text: string;
  /** Whether it is quoted, and whether by the sentence one looks at. */
  quoted: boolean;
  chosen: boolean;
}

/** A stored copy cut at its quoted places; `quote` is the one looked for. Places that overlap become one. */
export function stretchesOf({ text, quotes }: Pick<StoredCopy, 'text' | 'quotes'>, quote = ''): Stretch[] {
  const unit = unitsOf(text);
  const places = quotes
    .map((place) => ({ quote: place.quote, start: unit(place.start), end: unit(place.end) }))
    .filter(({ start, end }) => start >= 0 && end > start && end <= text.length)
    .sort((one, other) => one.start - other.start);
  const found: Stretch[] = [];
  let at = 0;
  for (const place of places) {
    const chosen = quote !== '' && place.quote === quote;
    const before = found.at(-1);
    if (place.start < at && before) {
      before.text = text.slice(before.start, Math.max(at, place.end));
      before.chosen ||= chosen;
    } else {
      if (place.start > at) found.push({ start: at, text: text.slice(at, place.start), quoted: false, chosen: false });
      found.push({ start: place.start, text: text.slice(place.start, place.end), quoted: true, chosen });
    }
    at = Math.max(at, place.end);
  }
  if (at < text.length) found.push({ start: at, text: text.slice(at), quoted: false, chosen: false });
  return found;
}

/** The server counts characters, JavaScript counts units of UTF-16: an emoji is one there and two here. */
function unitsOf(text: string): (character: number) => number {
  if (!/[\ud800-\udbff]/.test(text)) return (character) => character;
  const begins: number[] = [];
  let at = 0;
  for (const character of text) {
    begins.push(at);
    at += character.length;
  }
  begins.push(at);
  return (character) => begins[character] ?? -1;
}

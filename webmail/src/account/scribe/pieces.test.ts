import { describe, expect, it } from 'vitest';
import { piecesOf, stretchesOf } from './pieces';
import type { Sentence } from './types';

function sentence(text: string, state: Sentence['state'] = 'verified'): Sentence {
  return { text, paragraph: 0, state, sources: [] };
}

describe('a letter', () => {
  const text = 'Dear Ada,\n\nyou wrote the first program. I liked it.\n\nBashir';
  it('is cut at its sentences and loses nothing', () => {
    const pieces = piecesOf(text, [
      sentence('Dear Ada,', 'plain'),
      sentence('you wrote the first program.'),
      sentence('I liked it.', 'own'),
    ]);
    expect(pieces.map((one) => one.text).join('')).toBe(text);
    expect(pieces.filter((one) => one.sentence).map((one) => one.sentence?.state)).toEqual([
      'plain',
      'verified',
      'own',
    ]);
  });
  it('keeps nothing of a sentence that does not stand in it', () => {
    const pieces = piecesOf(text, [sentence('you wrote the second program.'), sentence('I liked it.')]);
    expect(pieces.map((one) => one.text).join('')).toBe(text);
    expect(pieces.filter((one) => one.sentence).map((one) => one.text)).toEqual(['I liked it.']);
  });
  it('has the same sentence twice in its turn', () => {
    const pieces = piecesOf('Thanks. Thanks.', [sentence('Thanks.'), sentence('Thanks.')]);
    expect(pieces.map((one) => one.start)).toEqual([0, 7, 8]);
  });
});

describe('a stored copy', () => {
  const text = 'Ada wrote notes. They were printed in 1843.';
  it('shows its quotes, and which one is looked at', () => {
    const found = stretchesOf(
      {
        text,
        quotes: [
          { start: 38, end: 42, quote: '1843' },
          { start: 0, end: 16, quote: 'Ada wrote notes.' },
        ],
      },
      '1843',
    );
    expect(found.map((one) => [one.text, one.quoted, one.chosen])).toEqual([
      ['Ada wrote notes.', true, false],
      [' They were printed in ', false, false],
      ['1843', true, true],
      ['.', false, false],
    ]);
  });
  it('joins quotes that overlap', () => {
    const found = stretchesOf({
      text,
      quotes: [
        { start: 0, end: 9, quote: 'Ada wrote' },
        { start: 4, end: 15, quote: 'wrote notes' },
      ],
    });
    expect(found.map((one) => one.text)).toEqual(['Ada wrote notes', '. They were printed in 1843.']);
    expect(found.map((one) => one.text).join('')).toBe(text);
  });
  it('leaves out places that it does not have', () => {
    expect(stretchesOf({ text: 'short', quotes: [{ start: 2, end: 90, quote: 'x' }] }).map((one) => one.text)).toEqual([
      'short',
    ]);
  });
  it('counts characters as the server does', () => {
    const found = stretchesOf({ text: '🙂 Ada 🙂', quotes: [{ start: 2, end: 5, quote: 'Ada' }] });
    expect(found.find((one) => one.quoted)?.text).toBe('Ada');
  });
});

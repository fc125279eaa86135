import { describe, expect, it } from 'vitest';
import { blocks, linked } from './linkify';

describe('plain text', () => {
  it('has links that end where the address ends', () => {
    expect(linked('See https://example.org/a(b), or www.example.net.')).toEqual([
      { text: 'See ' },
      { text: 'https://example.org/a(b)', href: 'https://example.org/a(b)' },
      { text: ', or ' },
      { text: 'www.example.net', href: 'https://www.example.net' },
      { text: '.' },
    ]);
    expect(linked('ada@mailwright.test')[0]?.href).toBe('mailto:ada@mailwright.test');
  });

  it('never makes a link of a script', () => {
    expect(linked('javascript:alert(1) data:text/html,x')).toEqual([{ text: 'javascript:alert(1) data:text/html,x' }]);
  });

  it('knows what is quoted, and how deeply', () => {
    expect(blocks('Yes.\n> No?\n> > Maybe\n>> so\n').map((block) => [block.depth, block.lines.length])).toEqual([
      [0, 1],
      [1, 1],
      [2, 2],
    ]);
  });
});

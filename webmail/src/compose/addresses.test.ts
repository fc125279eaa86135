// Reading addresses as people type and paste them.
import { describe, expect, it } from 'vitest';
import { formatAddress, isEmail, parseAddresses } from './addresses';

const emails = (text: string) => parseAddresses(text).map(({ email }) => email);

describe('a list of addresses', () => {
  it('is parted by commas, semicolons and line breaks', () => {
    expect(emails('ada@example.org, bashir@example.org;chen@example.net\ndora@example.net')).toEqual([
      'ada@example.org',
      'bashir@example.org',
      'chen@example.net',
      'dora@example.net',
    ]);
  });
  it('keeps a comma inside a quoted name', () => {
    expect(parseAddresses('"Lovelace, Ada" <ada@example.org>, Chen <chen@example.net>')).toEqual([
      { name: 'Lovelace, Ada', email: 'ada@example.org' },
      { name: 'Chen', email: 'chen@example.net' },
    ]);
  });
  it('reads bare addresses parted by spaces', () => {
    expect(emails('ada@example.org bashir@example.org')).toEqual(['ada@example.org', 'bashir@example.org']);
  });
  it('reads a name followed by an address, as a spreadsheet pastes it', () => {
    expect(parseAddresses('Ada Lovelace\tada@example.org')).toHaveLength(2);
    expect(parseAddresses('Ada Lovelace ada@example.org')).toEqual([
      { name: 'Ada Lovelace', email: 'ada@example.org' },
    ]);
  });
  it('reads the members of a group', () => {
    expect(emails('Team: ada@example.org, chen@example.net;')).toEqual(['ada@example.org', 'chen@example.net']);
  });
  it('reads comments, escapes and mailto: in front', () => {
    expect(parseAddresses('ada@example.org (Ada)')).toEqual([{ name: 'Ada', email: 'ada@example.org' }]);
    expect(parseAddresses('"Ada \\"Countess\\" L" <mailto:ada@example.org>')).toEqual([
      { name: 'Ada "Countess" L', email: 'ada@example.org' },
    ]);
  });
  it('names nobody twice', () => {
    expect(parseAddresses('ada@example.org, Ada <ADA@example.org>')).toEqual([
      { name: 'Ada', email: 'ada@example.org' },
    ]);
  });
  it('gives back what is no address, to be mended', () => {
    expect(emails('ada, chen@example.net')).toEqual(['ada', 'chen@example.net']);
  });
  it('is not swallowed by a quote that nobody closed', () => {
    expect(emails('"Ada <ada@example.org>\nchen@example.net')).toContain('chen@example.net');
  });
  it.each(['', '  ', ',;,', '<>', '"', '((', '<<a@b.c>', ':::'])('survives %j', (text) => {
    expect(() => parseAddresses(text)).not.toThrow();
  });
});

describe('an address', () => {
  it.each([
    'ada@example.org',
    'a.b+c@x.example.org',
    '"a b"@example.org',
    'ada@[192.0.2.1]',
    'ada@bücher.example',
    "o'hara@example.org",
  ])('is %s', (email) => expect(isEmail(email)).toBe(true));
  it.each([
    'ada',
    'ada@',
    '@example.org',
    'ada@example',
    'a b@example.org',
    'ada@-x.org',
    'ada..b@example.org',
    `${'a'.repeat(65)}@example.org`,
    'ada@example.org>',
  ])('is not %s', (email) => expect(isEmail(email)).toBe(false));
  it('is written so that it can be read again', () => {
    for (const address of [
      { name: 'Lovelace, Ada', email: 'ada@example.org' },
      { name: 'Ada "Countess" \\ L.', email: 'ada@example.org' },
      { name: 'Åsa Ünal', email: 'asa@example.org' },
      { name: null, email: 'ada@example.org' },
    ]) {
      expect(parseAddresses(formatAddress(address))).toEqual([address]);
    }
  });
});

// What a mailto: link may ask for.
import { expect, it } from 'vitest';
import { parseMailto } from './mailto';

it('reads recipients, subject and text', () => {
  expect(
    parseMailto('mailto:ada@example.org,chen@example.net?cc=bashir@example.org&subject=a%20b&body=one%0D%0Atwo'),
  ).toEqual({
    to: [
      { name: null, email: 'ada@example.org' },
      { name: null, email: 'chen@example.net' },
    ],
    cc: [{ name: null, email: 'bashir@example.org' }],
    bcc: [],
    subject: 'a b',
    body: 'one\ntwo',
    inReplyTo: null,
  });
});
it('leaves a plus sign alone and decodes a comma inside an address', () => {
  expect(parseMailto('mailto:ada+x@example.org?subject=1+1')?.subject).toBe('1+1');
  expect(parseMailto('mailto:%22a%2Cb%22@example.org')?.to).toEqual([{ name: null, email: '"a,b"@example.org' }]);
});
it('ignores fields a stranger must not set', () => {
  const fields = parseMailto(
    'MAILTO:?to=ada@example.org&attach=/etc/passwd&from=x@example.net&subject=a%0d%0aBcc:x@example.net',
  );
  expect(fields?.to).toEqual([{ name: null, email: 'ada@example.org' }]);
  expect(fields?.subject).toBe('a Bcc:x@example.net');
  expect(fields?.bcc).toEqual([]);
});
it('survives what is no UTF-8 and is null for another scheme', () => {
  expect(parseMailto('mailto:ada@example.org?subject=%FF')?.subject).toBe('%FF');
  expect(parseMailto('https://example.org')).toBeNull();
});

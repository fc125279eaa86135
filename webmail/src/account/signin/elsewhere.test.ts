import { describe, expect, it } from 'vitest';
import { domainOf, failureOf, wayTo } from './elsewhere';

describe('signing in elsewhere', () => {
  it('asks for providers once the address has a whole domain', () => {
    expect(domainOf('ada@Example.org ')).toBe('example.org');
    for (const half of ['', 'ada', 'ada@', 'ada@example', 'ada@example.', 'ada@.org', 'ada@a b.org']) {
      expect(domainOf(half)).toBe('');
    }
  });

  it('leads there with the page to come back to', () => {
    expect(wayTo({ id: 'a/b', name: 'Work' }, '/app/mail?q=1&x', 'ada@example.org')).toBe(
      '/api/session/oidc/a%2Fb?next=%2Fapp%2Fmail%3Fq%3D1%26x&hint=ada%40example.org',
    );
    expect(wayTo({ id: 'a', name: 'Work' }, '/app', 'ada')).toBe('/api/session/oidc/a?next=%2Fapp');
  });

  it('says something of every failure, and nothing of none', () => {
    expect(failureOf(undefined)).toBeNull();
    expect(failureOf('away')).toContain('does not answer');
    expect(failureOf('<script>')).toContain('administrator');
  });
});

// No address bar leads away from here.
import { expect, it } from 'vitest';
import { landingPage, safeDestination } from './destination';

it.each(['/app', '/app/', '/app/mail/inbox', '/app/search?q=a%2Fb', '/app/settings/security#totp'])(
  '%s is ours',
  (path) => {
    expect(safeDestination(path)).toBe(path);
  },
);
it.each([
  'https://example.net/app',
  '//example.net/app',
  '/\\example.net/app',
  '\\\\example.net',
  '/app/..//example.net',
  '/app/../api/session',
  '/app/%2e%2e/api',
  '/app/%5c..',
  '/app//example.net',
  '/application',
  '/api/session',
  'app/mail',
  'javascript:alert(1)',
  '/\t/example.net',
  '/app\n/x',
  '/app/%',
  '/app/sign-in?next=/app',
  '',
  null,
])('%j leads to the start', (path) => {
  expect(safeDestination(path)).toBe('/app');
});
it('a guest lands on the dashboard, wherever they wanted to go', () => {
  expect(landingPage({ has_mailbox: false }, null)).toBe('/app/dashboard');
  expect(landingPage({ has_mailbox: false }, '/app/mail/inbox')).toBe('/app/dashboard');
  expect(landingPage({ has_mailbox: false }, '/app/settings/security')).toBe('/app/settings/security');
  expect(landingPage({ has_mailbox: true }, '/app/mail/sent')).toBe('/app/mail/sent');
});

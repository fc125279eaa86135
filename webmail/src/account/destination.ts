// Where to go after signing in: only a page of this application, whatever the address bar asked for.

const START = '/app';
const ANYWHERE = 'https://origin.invalid';

/** The page to open: `wanted` when it is a path under /app of this very origin, otherwise the start page. */
export function safeDestination(wanted: string | null | undefined, fallback: string = START): string {
  // Browsers read "\" as "/" and drop tabs and line breaks in addresses: none of them belongs in ours.
  if (!wanted?.startsWith('/') || /[\\\p{Cc}]/u.test(wanted)) return fallback;
  let url: URL;
  try {
    url = new URL(wanted, ANYWHERE);
  } catch {
    return fallback;
  }
  if (url.origin !== ANYWHERE || !isUnderApp(url.pathname)) return fallback;
  // Signing in again is no place to come back to.
  if (url.pathname.startsWith('/app/sign-in')) return fallback;
  return url.pathname + url.search + url.hash;
}

function isUnderApp(path: string): boolean {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return false;
  }
  if (/[\\]|\/\/|(?:^|\/)\.\.?(?:\/|$)/.test(decoded)) return false;
  return path === '/app' || path.startsWith('/app/');
}

/** Where somebody lands who asked for nothing: guests have no mail, only their dashboard. */
export function landingPage(user: { has_mailbox: boolean }, wanted: string | null | undefined): string {
  if (user.has_mailbox) return safeDestination(wanted);
  const destination = safeDestination(wanted, '/app/dashboard');
  return /^\/app\/(?:dashboard|settings)(?:[/?#]|$)/.test(destination) ? destination : '/app/dashboard';
}

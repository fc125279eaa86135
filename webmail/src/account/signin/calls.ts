// What the sign-in page asks of the server, and what it says when that does not work.
import { ApiError, api } from '@/api/rest';
import type { Session } from '@/api/session';

/** How somebody shows who they are; a second factor's code joins either. */
export type Proof = { email: string; password: string; remember: boolean } | { token: string };

export function signIn(proof: Proof, code?: string): Promise<Session> {
  const withCode = code ? { ...proof, code: tidyCode(code) } : { ...proof };
  return api.post<Session>('token' in proof ? '/api/session/link/redeem' : '/api/session', withCode);
}

/** Answered alike whether the address is known or not. */
export function mailLink(email: string): Promise<void> {
  return api.post('/api/session/link', { email: email.trim() });
}

/** Authenticator programs show `123 456`; a recovery code keeps its dashes. */
export function tidyCode(code: string): string {
  return code.replace(/\s+/g, '');
}

/** Seconds to wait when the server says "too many"; null when it is another failure. */
export function secondsToWait(failure: unknown): number | null {
  if (!(failure instanceof ApiError) || failure.status !== 429) return null;
  const { retry_after, retry_after_seconds } = failure.details;
  const seconds = Number(retry_after ?? retry_after_seconds);
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : 60;
}

export function wantsSecondFactor(failure: unknown): boolean {
  return failure instanceof ApiError && failure.code === 'second_factor_required';
}

/** One sentence for the person. `what` says which part was given. */
export function reasonOf(failure: unknown, what: 'password' | 'code' | 'link'): string {
  if (!(failure instanceof ApiError)) return 'That did not work. Try again.';
  if (failure.status !== 401 && !(what === 'link' && failure.status < 500 && failure.status >= 400))
    return failure.message;
  if (what === 'code')
    return 'This code is not valid. Check that your device shows the right time, or use a recovery code.';
  if (what === 'link') return 'This link has been used already or is older than 15 minutes.';
  return 'The address or the password is not right.';
}

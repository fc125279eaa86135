// What a person is told when signing in does not work.
import { expect, it } from 'vitest';
import { ApiError } from '@/api/rest';
import { reasonOf, secondsToWait, tidyCode } from './calls';

it('a code loses the spaces an authenticator shows', () => expect(tidyCode(' 123 456 ')).toBe('123456'));
it('a rate limit says how long to wait', () => {
  expect(secondsToWait(new ApiError(429, 'too_many_requests', '', { retry_after: 30.2 }))).toBe(31);
  expect(secondsToWait(new ApiError(429, 'too_many_requests', ''))).toBe(60);
  expect(secondsToWait(new ApiError(401, 'authentication_failed', ''))).toBeNull();
});
it('a used link is told apart from a wrong password', () => {
  const failure = new ApiError(401, 'authentication_failed', 'no');
  expect(reasonOf(failure, 'link')).toContain('15 minutes');
  expect(reasonOf(failure, 'password')).toContain('password');
  expect(reasonOf(new ApiError(503, 'try_later', 'Later.'), 'link')).toBe('Later.');
});

// Sending JMAP requests. Single calls made in the same moment travel together.
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { queries } from '../queries';
import { ApiError, errorOf, reach } from '../rest';
import { Answers, Batch, type Call, type Invocation, MethodError } from './batch';
import type { Id, JmapSession, MethodName, Methods, SetError, SetResult } from './types';

export const MAIL = 'urn:ietf:params:jmap:mail';
export const SUBMISSION = 'urn:ietf:params:jmap:submission';
export const VACATION = 'urn:ietf:params:jmap:vacationresponse';
export const CORE = 'urn:ietf:params:jmap:core';
export const WEBSOCKET = 'urn:ietf:params:jmap:websocket';
export const WEBPUSH = 'urn:ietf:params:jmap:webpush-vapid';
const USED = [CORE, MAIL, SUBMISSION, VACATION];
const MAX_CALLS = 16; // RFC 8620 §2: every server takes as many in one request

export const jmapSessionQuery = queryOptions({
  queryKey: ['jmap', 'session'],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async (): Promise<JmapSession> => {
    const response = await fetched('/jmap/session', { headers: { Accept: 'application/json' } });
    const session = (await response.json()) as JmapSession;
    seenSessionState = session.state;
    return session;
  },
});

export function jmapSession(): Promise<JmapSession> {
  return queries.ensureQueryData(jmapSessionQuery);
}

export function useJmapSession(): JmapSession {
  return useSuspenseQuery(jmapSessionQuery).data;
}

/** One's own account id, for mail. */
export async function ownAccount(): Promise<Id> {
  return primaryOf(await jmapSession());
}

export function primaryOf(session: JmapSession): Id {
  const id = session.primaryAccounts[MAIL];
  if (!id) throw new ApiError(403, 'not_permitted', 'This account has no mailbox.');
  return id;
}

let seenSessionState: string | null = null;

/** Sends the batch and gives its answers. Throws ApiError for the whole; `answers.of(call)` throws MethodError for one call. */
export async function send(batch: Batch, options: { signal?: AbortSignal } = {}): Promise<Answers> {
  const session = await jmapSession();
  const using = USED.filter((name) => name in session.capabilities);
  const response = await fetched(pathOf(session.apiUrl), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify(batch.toJSON(using)),
    ...options,
  });
  const answer = (await response.json()) as { methodResponses: Invocation[]; sessionState: string };
  if (seenSessionState !== null && answer.sessionState !== seenSessionState) {
    seenSessionState = answer.sessionState;
    void queries.invalidateQueries({ queryKey: jmapSessionQuery.queryKey });
  }
  return new Answers(answer.methodResponses, answer.sessionState);
}

/** Puts calls into one request and reads one answer: `ask((batch) => batch.add(…))`. */
export async function ask<M extends MethodName>(build: (batch: Batch) => Call<M>): Promise<Methods[M]['result']> {
  const batch = new Batch();
  const last = build(batch);
  return (await send(batch)).of(last);
}

interface Waiting {
  run: (batch: Batch) => (answers: Answers) => void;
  fail: (failure: unknown) => void;
}
let waiting: Waiting[] = [];

/** One call. Those made in the same moment become one request. */
export function call<M extends MethodName>(method: M, args: Methods[M]['arguments']): Promise<Methods[M]['result']> {
  return new Promise((resolve, reject) => {
    if (waiting.length === 0) queueMicrotask(sendWaiting);
    waiting.push({
      run: (batch) => {
        const mine = batch.add(method, args);
        return (answers) => {
          try {
            resolve(answers.of(mine));
          } catch (failure) {
            reject(failure);
          }
        };
      },
      fail: reject,
    });
  });
}

function sendWaiting(): void {
  const all = waiting;
  waiting = [];
  for (let start = 0; start < all.length; start += MAX_CALLS) {
    const some = all.slice(start, start + MAX_CALLS);
    const batch = new Batch();
    const readers = some.map((one) => one.run(batch));
    send(batch).then(
      (answers) => {
        for (const read of readers) read(answers);
      },
      (failure) => {
        for (const one of some) one.fail(failure);
      },
    );
  }
}

/** Throws when a /set refused any of what it was given: the first refusal, in the server's words. */
export function insist<T, R extends Pick<SetResult<T>, 'notCreated'> & Partial<SetResult<T>>>(result: R): R {
  const refused: SetError | undefined = [result.notCreated, result.notUpdated, result.notDestroyed].flatMap((errors) =>
    Object.values(errors ?? {}),
  )[0];
  if (refused) throw new MethodError(refused.type, 'set', { ...refused });
  return result;
}

/** Session addresses are absolute and may name the public host; we stay where this page came from. */
export function pathOf(address: string): string {
  return address.replace(/^[a-z]+:\/\/[^/]+/i, '');
}

async function fetched(path: string, init: RequestInit): Promise<Response> {
  const response = await reach(path, init);
  if (!response.ok) throw await errorOf(response);
  return response;
}

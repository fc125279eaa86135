import { describe, expect, it } from 'vitest';
import { Answers, Batch, MethodError } from './batch';

describe('a batch', () => {
  it('lets a call use what an earlier one found', () => {
    const batch = new Batch();
    const query = batch.add('Email/query', { accountId: 'a', limit: 2 });
    batch.add('Email/get', { accountId: 'a', '#ids': query.ref('/ids'), properties: ['id'] });
    expect(batch.toJSON(['core'])).toEqual({
      using: ['core'],
      methodCalls: [
        ['Email/query', { accountId: 'a', limit: 2 }, 'c0'],
        [
          'Email/get',
          { accountId: 'a', '#ids': { resultOf: 'c0', name: 'Email/query', path: '/ids' }, properties: ['id'] },
          'c1',
        ],
      ],
    });
  });

  it('reads each answer for the call that asked', () => {
    const batch = new Batch();
    const first = batch.add('Core/echo', { n: 1 });
    const second = batch.add('Core/echo', { n: 2 });
    const answers = new Answers(
      [
        ['Core/echo', { n: 2 }, 'c1'],
        ['Core/echo', { n: 1 }, 'c0'],
      ],
      's',
    );
    expect(answers.of(first)).toEqual({ n: 1 });
    expect(answers.of(second)).toEqual({ n: 2 });
  });

  it('throws what the server refused, for that call only', () => {
    const batch = new Batch();
    const good = batch.add('Core/echo', {});
    const bad = batch.add('Email/changes', { accountId: 'a', sinceState: '1' });
    const answers = new Answers(
      [
        ['Core/echo', {}, good.id],
        ['error', { type: 'cannotCalculateChanges' }, bad.id],
      ],
      's',
    );
    expect(answers.of(good)).toEqual({});
    expect(() => answers.of(bad)).toThrow(MethodError);
    try {
      answers.of(bad);
    } catch (failure) {
      expect((failure as MethodError).type).toBe('cannotCalculateChanges');
    }
  });

  it('finds what a submission did to the message besides', () => {
    const batch = new Batch();
    const submission = batch.add('EmailSubmission/set', { accountId: 'a' });
    const answers = new Answers(
      [
        ['EmailSubmission/set', { created: null }, submission.id],
        ['Email/set', { updated: { m1: null } }, submission.id],
      ],
      's',
    );
    expect(answers.implied(submission, 'Email/set')?.updated).toEqual({ m1: null });
  });
});

// Who a reply goes to.
import { describe, expect, it } from 'vitest';
import { answeringIdentity, forwardSubject, referencesOf, replyRecipients, replySubject } from './recipients';

const at = (email: string, name: string | null = null) => ({ name, email });
const ada = at('ada@mailwright.test', 'Ada');
const bashir = at('bashir@example.org', 'Bashir');
const chen = at('chen@example.net', 'Chen');
const own = ['ada@mailwright.test'];
const letter = { from: [bashir], replyTo: null, to: [ada, chen], cc: [at('dora@example.org')] };

describe('a reply', () => {
  it('goes to the author', () => {
    expect(replyRecipients(letter, own, false)).toEqual({ to: [bashir], cc: [] });
  });
  it('goes where the author asked for replies', () => {
    const list = at('list@example.org');
    expect(replyRecipients({ ...letter, replyTo: [list] }, own, false).to).toEqual([list]);
  });
  it('to all reaches everybody but oneself, each once', () => {
    expect(
      replyRecipients({ ...letter, cc: [chen, at('BASHIR@example.org'), at('dora@example.org')] }, own, true),
    ).toEqual({
      to: [bashir, chen],
      cc: [at('dora@example.org')],
    });
  });
  it('to all leaves out an address of mine with a detail', () => {
    expect(replyRecipients({ ...letter, to: [at('ada+lists@mailwright.test')] }, own, true).to).toEqual([bashir]);
  });
  it('to my own message goes on to those it went to', () => {
    expect(replyRecipients({ from: [ada], replyTo: null, to: [chen], cc: [bashir] }, own, false)).toEqual({
      to: [chen],
      cc: [],
    });
    expect(replyRecipients({ from: [ada], replyTo: null, to: [chen], cc: [bashir, ada] }, own, true)).toEqual({
      to: [chen],
      cc: [bashir],
    });
  });
  it('to a note to myself goes to myself', () => {
    expect(replyRecipients({ from: [ada], replyTo: null, to: [ada], cc: null }, own, false).to).toEqual([ada]);
  });
  it('to a message without an author has no recipient', () => {
    expect(replyRecipients({ from: null, replyTo: null, to: null, cc: null }, own, true)).toEqual({ to: [], cc: [] });
  });
});

describe('the identity that answers', () => {
  const identities = [at('ada@mailwright.test'), at('sales@mailwright.test')];
  it('is the one that was written to', () => {
    expect(answeringIdentity({ ...letter, to: [at('Sales@mailwright.test')] }, identities)?.email).toBe(
      'sales@mailwright.test',
    );
  });
  it('is the first when none was', () => {
    expect(answeringIdentity({ ...letter, to: [chen] }, identities)?.email).toBe('ada@mailwright.test');
    expect(answeringIdentity(letter, [])).toBeNull();
  });
});

describe('a subject', () => {
  it('gets its prefix once', () => {
    expect(replySubject('Re: AW: re[2]: Plan')).toBe('Re: Plan');
    expect(replySubject('Plan')).toBe('Re: Plan');
    expect(replySubject(null)).toBe('Re:');
    expect(replySubject('Refund: 12')).toBe('Re: Refund: 12');
    expect(forwardSubject('Fwd: WG: Plan')).toBe('Fwd: Plan');
  });
});

describe('references', () => {
  it('are the parent’s and its id', () => {
    expect(referencesOf({ messageId: ['c@x'], references: ['a@x', 'b@x'], inReplyTo: ['b@x'] })).toEqual({
      inReplyTo: ['c@x'],
      references: ['a@x', 'b@x', 'c@x'],
    });
    expect(referencesOf({ messageId: ['c@x'], references: null, inReplyTo: ['b@x'] }).references).toEqual([
      'b@x',
      'c@x',
    ]);
    expect(referencesOf({ messageId: null, references: ['a@x'], inReplyTo: null })).toEqual({
      inReplyTo: null,
      references: null,
    });
  });
  it('of an endless thread keep the first and the latest', () => {
    const references = Array.from({ length: 200 }, (_, number) => `${number}@x`);
    const kept = referencesOf({ messageId: ['last@x'], references, inReplyTo: null }).references ?? [];
    expect(kept).toHaveLength(50);
    expect([kept[0], kept.at(-1)]).toEqual(['0@x', 'last@x']);
  });
});

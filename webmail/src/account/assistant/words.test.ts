import { describe, expect, it } from 'vitest';
import { categoryOf, decidedBy, draftBadge, ruleInWords, ruleOrigin, stateOf, sureness } from './words';

describe('rules', () => {
  it('are sentences', () => {
    expect(ruleInWords({ sender: 'billing@shop.example', kind: 'receipt', category: 'informational' })).toBe(
      'Mail from billing@shop.example that is a receipt: Informational',
    );
    expect(ruleInWords({ sender: '@example.org', kind: null, category: 'needs_reply' })).toBe(
      'Mail from anybody at example.org: Needs reply',
    );
  });
  it('say where they come from', () => {
    expect(ruleOrigin({ made_by: 'correction', times: 2, used: 1 })).toBe('learned from 2 corrections · used once');
    expect(ruleOrigin({ made_by: 'owner', times: 1, used: 0 })).toBe('written by you · not used yet');
  });
});

describe('what a mail is', () => {
  it('is said with who decided and how sure', () => {
    expect(categoryOf(null).label).toBe('Not judged yet');
    expect(decidedBy({ decided_by: 'owner' })).toBe('you');
    expect(sureness({ confidence: 0.934, decided_by: 'anthropic:claude' })).toBe('93 % sure');
    expect(sureness({ confidence: 1, decided_by: 'rule' })).toBe('');
  });
});

describe('a draft', () => {
  const draft = { because: '', draft_id: 'd', claims: 3 };
  it('shows its gaps', () => {
    expect(draftBadge({ ...draft, state: 'made', unsupported: 2 })).toEqual({
      label: 'Draft with 2 gaps',
      tone: 'warning',
    });
    expect(draftBadge({ ...draft, state: 'made', unsupported: 0 })?.label).toBe('Draft waits');
    expect(draftBadge({ ...draft, state: 'none', unsupported: 0 })).toBeNull();
    expect(draftBadge({ ...draft, state: null, unsupported: 0 })).toBeNull();
  });
});

describe('an account elsewhere', () => {
  it('is called connected only while it is', () => {
    expect(stateOf({ state: 'connected', enabled: true }).label).toBe('Connected');
    expect(stateOf({ state: 'connected', enabled: false }).label).toBe('Paused');
    expect(stateOf({ state: 'revoked', enabled: true }).tone).toBe('danger');
  });
});

// How a conversation with a model is put into words.
import { expect, it } from 'vitest';
import { answerTurns, turnTitle } from './calls';

it('says who speaks and what it is', () => {
  const turn = { name: 'read_file', text: '' };
  expect(turnTitle({ ...turn, role: 'assistant', kind: 'call' })).toBe('The model calls read_file');
  expect(turnTitle({ ...turn, role: 'tool', kind: 'result' })).toBe('What read_file answered');
  expect(turnTitle({ ...turn, role: 'system', kind: 'text' })).toBe('Our instructions');
  expect(turnTitle({ ...turn, role: 'narrator', kind: 'text' })).toBe('narrator');
});

it('reads the parts of an answer as turns', () => {
  const [said, called] = answerTurns([
    { kind: 'text', text: 'Done.' },
    { kind: 'call', name: 'send_mail', arguments: { to: 'PHONE-1-x7k2m9q4' } },
  ]);
  expect(said).toEqual({ role: 'assistant', kind: 'text', name: '', text: 'Done.' });
  expect(called?.text).toContain('PHONE-1-x7k2m9q4');
  expect(answerTurns(null)).toEqual([]);
});

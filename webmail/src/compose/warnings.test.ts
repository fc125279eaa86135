// What is asked before a message leaves.
import { expect, it } from 'vitest';
import { mentionsAttachment, warningsBeforeSending } from './warnings';

const fine = {
  to: [{ name: null, email: 'ada@example.org' }],
  cc: [],
  bcc: [],
  subject: 'Plan',
  written: 'Here it is.',
  attachments: [],
};
const ids = (change: Partial<Parameters<typeof warningsBeforeSending>[0]>) =>
  warningsBeforeSending({ ...fine, ...change }).map(({ id, blocks }) => `${id}${blocks ? '!' : ''}`);

it('nothing stands against a complete message', () => expect(ids({})).toEqual([]));
it('nobody to send it to, and a wrong address, block', () => {
  expect(ids({ to: [] })).toEqual(['no-recipients!']);
  expect(ids({ cc: [{ name: null, email: 'chen' }] })).toEqual(['bad-address!']);
});
it('a missing subject and a missing file are asked about', () => {
  expect(ids({ subject: ' ', written: 'The report is attached.' })).toEqual(['no-subject', 'no-attachment']);
  expect(ids({ written: 'Attached.', attachments: [{ state: 'done' }] })).toEqual([]);
});
it('files under way block', () => {
  expect(ids({ attachments: [{ state: 'uploading' }, { state: 'failed' }] })).toEqual(['uploading!', 'failed-upload!']);
});
it('words for attached count as whole words, in one’s own text, in several languages', () => {
  expect(
    ['see attachment', 'Anbei die Liste', 'voir pièce jointe', 'Adjunto el informe'].every(mentionsAttachment),
  ).toBe(true);
  expect(['I am unattached', '> attached is', 'detached'].some(mentionsAttachment)).toBe(false);
});

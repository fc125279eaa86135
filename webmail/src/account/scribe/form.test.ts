import { describe, expect, it } from 'vitest';
import { emptyForm, filledFields, sameTemplate, templateOf } from './form';
import type { Template } from './types';

function template(id: string, text: string): Template {
  return { id, name: id, text, origin: 'own', placeholders: [], created_at: '', updated_at: '' };
}

describe('the form', () => {
  const library = [template('a', 'Dear {{name}},'), template('b', 'Hello {{name}},')];
  it('begins with the default template, until something is typed', () => {
    expect(templateOf(emptyForm(), library, 'b')).toBe('Hello {{name}},');
    expect(templateOf(emptyForm(''), library, 'b')).toBe('');
    expect(templateOf(emptyForm(), library, null)).toBe('');
  });
  it('knows a template of the library by its text', () => {
    expect(sameTemplate('Hello {{name}},\n', library)?.id).toBe('b');
    expect(sameTemplate('Hello {{name}}!', library)).toBeUndefined();
  });
  it('gives what is filled in and what the template has', () => {
    const fields = { lab: ' Example Lab ', gone: 'of another template', paper: '' };
    expect(filledFields('{{lab}} {{paper}}', { affiliation: 'Exampleton', fields })).toEqual({
      affiliation: 'Exampleton',
      lab: 'Example Lab',
    });
  });
});

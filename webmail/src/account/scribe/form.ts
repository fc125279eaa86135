// What is typed on the page "Write" and kept while one looks at other tabs.
import type { Template } from './types';
import { furtherFields } from './words';

export interface Form {
  key: string;
  /** null: nothing was typed or chosen yet, so one's own default stands. */
  template: string | null;
  name: string;
  interest: string;
  affiliation: string;
  email: string;
  fields: Record<string, string>;
  files: File[];
}

export function emptyForm(template: string | null = null): Form {
  return {
    key: crypto.randomUUID(),
    template,
    name: '',
    interest: '',
    affiliation: '',
    email: '',
    fields: {},
    files: [],
  };
}

/** The text as it stands: what was typed, else the default template. */
export function templateOf(form: Form, templates: readonly Template[], usual: string | null): string {
  return form.template ?? templates.find(({ id }) => id === usual)?.text ?? '';
}

/** The template of the library that has this very text. */
export function sameTemplate(text: string, templates: readonly Template[]): Template | undefined {
  return templates.find((one) => one.text.trim() === text.trim());
}

/** What is known besides name, interest and address: where they are, and of the further fields those the template has. */
export function filledFields(
  template: string,
  { affiliation, fields }: Pick<Form, 'affiliation' | 'fields'>,
): Record<string, string> {
  const all = { affiliation, ...Object.fromEntries(furtherFields(template).map((name) => [name, fields[name] ?? ''])) };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value.trim() ? [[name, value.trim()]] : [])),
  );
}

export const EXAMPLE = {
  template: `Subject: Two questions about {{interest}}

Dear {{name}},

I am reading everything I can find about {{interest}}, and your work keeps turning up. {{what stands out in their work}}

I am writing an essay about it for a general public. May I ask you two questions by mail?

Kind regards`,
  name: 'Ada Lovelace',
  interest: 'the analytical engine and its first programs',
};

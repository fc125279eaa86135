// Asks where a link leads. Addresses of mail and of pages only.
import type { Editor } from '@tiptap/react';
import { type FormEvent, useId, useState } from 'react';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { TextField } from '@/ui/Field';
import { isEmail } from './addresses';

export function LinkDialog({ editor, onClose }: { editor: Editor; onClose: () => void }) {
  const form = useId();
  const before = String(editor.getAttributes('link').href ?? '');
  const selected = editor.state.doc.textBetween(editor.state.selection.from, editor.state.selection.to, ' ');
  const [href, setHref] = useState(before);
  const [words, setWords] = useState(selected);
  const [problem, setProblem] = useState<string | null>(null);
  const asksWords = selected === '' && before === '';

  function submit(event: FormEvent) {
    event.preventDefault();
    event.stopPropagation(); // React hands events of a dialog on to the form it is opened from
    const target = linkTarget(href);
    if (!target) return setProblem('Give the address of a page, as in https://example.org, or a mail address.');
    const chain = editor.chain().focus().extendMarkRange('link');
    if (asksWords) {
      chain
        .insertContent({
          type: 'text',
          text: words.trim() || href.trim(),
          marks: [{ type: 'link', attrs: { href: target } }],
        })
        .run();
    } else chain.setLink({ href: target }).run();
    onClose();
  }

  return (
    <Dialog
      open
      onClose={onClose}
      title="Link"
      width="narrow"
      footer={
        <>
          {before ? (
            <Button
              look="danger"
              onClick={() => {
                editor.chain().focus().extendMarkRange('link').unsetLink().run();
                onClose();
              }}
            >
              Remove link
            </Button>
          ) : null}
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={form}>
            Apply
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="flex flex-col gap-4">
        {asksWords ? (
          <TextField label="Words" value={words} onChange={(event) => setWords(event.target.value)} />
        ) : null}
        <TextField
          label="Address"
          inputMode="url"
          autoComplete="url"
          value={href}
          error={problem}
          onChange={(event) => setHref(event.target.value)}
        />
      </form>
    </Dialog>
  );
}

/** `example.org/a` → `https://example.org/a`, `ada@example.org` → `mailto:…`; null for anything else that is no page. */
export function linkTarget(given: string): string | null {
  const text = given.trim();
  if (isEmail(text)) return `mailto:${text}`;
  if (/^mailto:[^\s]+@[^\s]+$/i.test(text) || /^tel:\+?[\d\s()-]+$/i.test(text)) return text;
  const withScheme = /^[a-z][a-z0-9+.-]*:(?!\d)/i.test(text) ? text : `https://${text}`;
  try {
    const url = new URL(withScheme);
    return /^https?:$/.test(url.protocol) && /^[^.].*\.|^localhost$/.test(url.hostname) ? url.href : null;
  } catch {
    return null;
  }
}

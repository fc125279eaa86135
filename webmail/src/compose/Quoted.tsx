// The quoted history under one's words: folded away, to be looked at, taken into the text, or removed.
import { Ellipsis } from 'lucide-react';
import { useId, useMemo, useState } from 'react';
import { Button } from '@/ui/Button';
import { cleanHtml } from './cleanhtml';
import type { Draft } from './draft';
import { forEditor } from './extensions';
import { quoteAsHtml, quoteAsText } from './quoting';

interface Props {
  draft: Draft;
  onChange: (next: (draft: Draft) => Draft) => void;
  addressOf: (cid: string) => string | null;
}

export function Quoted({ draft, onChange, addressOf }: Props) {
  const id = useId();
  const [open, setOpen] = useState(false);
  if (!draft.quote) return null;
  return (
    <div className="mt-4">
      <div className="flex flex-wrap items-center gap-1">
        <button
          type="button"
          aria-expanded={open}
          aria-controls={id}
          aria-label={open ? 'Hide the quoted message' : 'Show the quoted message'}
          onClick={() => setOpen(!open)}
          className="inline-flex h-6 items-center rounded-full border border-line bg-sunken px-2 text-ink-muted hover:bg-hover"
        >
          <Ellipsis size={16} aria-hidden="true" />
        </button>
        {open ? (
          <>
            <Button size="small" look="quiet" onClick={() => onChange(taken)}>
              Edit
            </Button>
            <Button size="small" look="quiet" onClick={() => onChange((now) => ({ ...now, quote: null }))}>
              Leave out
            </Button>
          </>
        ) : null}
      </div>
      <div id={id} hidden={!open} className="mt-2">
        {open ? <Shown draft={draft} addressOf={addressOf} /> : null}
      </div>
    </div>
  );
}

/** The quote becomes part of what can be edited. */
function taken(draft: Draft): Draft {
  if (!draft.quote) return draft;
  return draft.mode === 'plain'
    ? { ...draft, body: `${draft.body}\n\n${quoteAsText(draft.quote)}`, quote: null }
    : { ...draft, body: draft.body + quoteAsHtml(draft.quote), quote: null };
}

function Shown({ draft, addressOf }: { draft: Draft; addressOf: (cid: string) => string | null }) {
  const { quote, mode } = draft;
  // Sanitised for our own page: no styles, and of pictures only those of the message itself.
  const html = useMemo(
    () =>
      quote && mode === 'rich'
        ? cleanHtml(forEditor(quoteAsHtml(quote), addressOf), { remotePictures: 'drop', styles: 'drop' })
        : '',
    [quote, mode, addressOf],
  );
  if (!quote) return null;
  if (mode === 'plain')
    return <pre className="font-mono text-[13px] whitespace-pre-wrap text-ink-muted">{quoteAsText(quote)}</pre>;
  // biome-ignore lint/security/noDangerouslySetInnerHtml: `cleanHtml` made it, and nothing else comes here
  return <div className="quoted overflow-x-auto" dangerouslySetInnerHTML={{ __html: html }} />;
}

// Plain text with links; what is quoted deeply at the end is folded away.
import { type ReactNode, useMemo, useState } from 'react';
import { openComposer } from '@/compose/open';
import { blocks, type TextBlock, type TextPiece } from '@/mail/linkify';

export function PlainText({ text }: { text: string }) {
  const all = useMemo(() => blocks(text), [text]);
  const [open, setOpen] = useState(false);
  const tail = foldedFrom(all);
  const shown = open ? all : all.slice(0, tail);
  return (
    <div className="leading-relaxed break-words whitespace-pre-wrap">
      {shown.map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks have no other name and never move
        <Block key={index} block={block} />
      ))}
      {tail < all.length ? (
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="no-print mt-2 rounded bg-sunken px-3 py-0.5 text-xs text-ink-muted hover:text-ink"
        >
          {open ? 'Hide what is quoted' : 'Show what is quoted'}
        </button>
      ) : null}
    </div>
  );
}

/** Where the quoted end begins; a quote with an answer below it stays. */
function foldedFrom(all: readonly TextBlock[]): number {
  const last = all.length - 1;
  let from = all.length;
  for (let index = last; index > 0; index -= 1) {
    const block = all[index];
    if (!block || (block.depth === 0 && !isBlank(block))) break;
    if (block.depth > 0) from = index;
  }
  return from;
}

function isBlank(block: TextBlock): boolean {
  return block.lines.every((line) => line.every((piece) => piece.text.trim() === ''));
}

function Block({ block }: { block: TextBlock }) {
  const lines = block.lines.map((line, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name and never move
    <span key={index}>
      {index > 0 ? '\n' : ''}
      {line.map(piece)}
    </span>
  ));
  if (block.depth === 0) return <div>{lines}</div>;
  return quoted(block.depth, lines);
}

function quoted(depth: number, content: ReactNode): ReactNode {
  const inner = depth > 1 && depth < 8 ? quoted(depth - 1, content) : content;
  return <blockquote className="my-1 border-l-2 border-line-strong/50 pl-3 text-ink-muted">{inner}</blockquote>;
}

function piece({ text, href }: TextPiece, index: number): ReactNode {
  if (!href) return text;
  const mail = href.startsWith('mailto:');
  return (
    <a
      key={index}
      href={href}
      target="_blank"
      rel="noopener noreferrer"
      className="text-accent underline underline-offset-2"
      onClick={(event) => {
        if (!mail) return;
        event.preventDefault();
        openComposer({ kind: 'mailto', href });
      }}
    >
      {text}
    </a>
  );
}

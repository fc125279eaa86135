// Text with what a search found in it; without a snippet, the text as it is.
import { pieces } from '@/mail/searching';

export function Marked({ text, plain }: { text: string | null | undefined; plain: string }) {
  if (!text) return plain;
  return pieces(text).map((piece, index) =>
    piece.marked ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other name and never move
      <mark key={index} className="rounded-sm bg-warning-soft text-ink">
        {piece.text}
      </mark>
    ) : (
      piece.text
    ),
  );
}

// The original in a reply or a forwarded message: its introduction, as HTML and as text. Pure but for `textOfHtml`.
import { type Address, formatAddress, shortName } from './addresses';
import { escapeHtml, htmlOfText, textOfHtml } from './plaintext';

export interface Original {
  from: readonly Address[] | null;
  to: readonly Address[] | null;
  cc: readonly Address[] | null;
  subject: string | null;
  /** When it was written (or came in), ISO 8601. */
  date: string | null;
  html: string | null;
  text: string | null;
}

/** What stands below one's own words. Kept apart while writing, joined when saved or sent. */
export interface Quote {
  kind: 'reply' | 'forward';
  /** Lines above the quoted text: an attribution, or the header of what is forwarded. */
  intro: string[];
  html: string;
}

export const QUOTE_CLASS = 'mailwright-quote';

interface Where {
  timeZone: string;
  locale?: string;
}

/** `On Sat, 21 Nov 2026 at 08:15, Ada wrote:` in the person's time zone and the way their language writes dates. */
export function attribution(original: Original, { timeZone, locale }: Where): string {
  const who = original.from?.[0] ? shortName(original.from[0]) : 'somebody';
  if (!original.date) return `${who} wrote:`;
  const day = new Intl.DateTimeFormat(locale, {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  });
  const time = new Intl.DateTimeFormat(locale, { timeZone, hour: '2-digit', minute: '2-digit' });
  const at = new Date(original.date);
  return `On ${day.format(at)} at ${time.format(at)}, ${who} wrote:`;
}

/** The history under a reply. */
export function replyQuote(original: Original, where: Where): Quote {
  return { kind: 'reply', intro: [attribution(original, where)], html: bodyOf(original) };
}

/** The header lines and text of a forwarded message. */
export function forwardQuote(original: Original, { timeZone, locale }: Where): Quote {
  const when = original.date
    ? new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'full', timeStyle: 'short' }).format(
        new Date(original.date),
      )
    : null;
  const list = (addresses: readonly Address[] | null) => addresses?.map(formatAddress).join(', ');
  const fields: [string, string | null | undefined][] = [
    ['From', list(original.from)],
    ['Date', when],
    ['Subject', original.subject],
    ['To', list(original.to)],
    ['Cc', list(original.cc)],
  ];
  const lines = fields.flatMap(([name, value]) => (value ? [`${name}: ${value}`] : []));
  return { kind: 'forward', intro: ['---------- Forwarded message ----------', ...lines], html: bodyOf(original) };
}

function bodyOf({ html, text }: Original): string {
  return html?.trim() ? html : htmlOfText(text ?? '');
}

/** The quote as it leaves in the HTML part. `html` must be clean already. */
export function quoteAsHtml({ kind, intro, html }: Quote): string {
  const introduction = `<p>${intro.map(escapeHtml).join('<br>')}</p>`;
  // `type="cite"` is what mail programs look for when they fold quoted text away.
  const body = kind === 'reply' ? `<blockquote type="cite">${html}</blockquote>` : html;
  return `<div class="${QUOTE_CLASS}">${introduction}${body}</div>`;
}

/** The quote as it leaves in the text part: `> ` before each line of a reply (RFC 3676 §4.5), plain when forwarded. */
export function quoteAsText({ kind, intro, html }: Quote): string {
  const text = textOfHtml(html);
  const body =
    kind === 'reply'
      ? text
          .split('\n')
          .map((line) => (line === '' ? '>' : line.startsWith('>') ? `>${line}` : `> ${line}`))
          .join('\n')
      : text;
  return `${intro.join('\n')}\n${kind === 'forward' ? '\n' : ''}${body}`;
}

/** A saved draft taken apart again: one's own words, and the quote below them when it is still ours. */
export function splitQuote(html: string): { own: string; quote: Quote | null } {
  const body = new DOMParser().parseFromString(html, 'text/html').body;
  const last = body.lastElementChild;
  if (!last?.classList.contains(QUOTE_CLASS)) return { own: body.innerHTML, quote: null };
  last.remove();
  const intro = last.firstElementChild;
  intro?.remove();
  const cite = last.children.length === 1 && last.firstElementChild?.matches('blockquote[type=cite]');
  return {
    own: body.innerHTML,
    quote: {
      kind: cite ? 'reply' : 'forward',
      intro: (intro?.innerHTML ?? '')
        .split(/<br\s*\/?>/i)
        .map(textOfHtml)
        .filter(Boolean),
      html: (cite ? last.firstElementChild?.innerHTML : last.innerHTML) ?? '',
    },
  };
}

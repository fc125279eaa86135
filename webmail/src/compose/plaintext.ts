// The text alternative of what was written in HTML, and HTML of what was written as text. Needs a DOM.

const BLOCKS = new Set(
  'ADDRESS ARTICLE ASIDE BLOCKQUOTE DD DIV DL DT FIGURE FOOTER FORM H1 H2 H3 H4 H5 H6 HEADER HR LI MAIN NAV OL P PRE SECTION TABLE TR UL'.split(
    ' ',
  ),
);
const SPACED = new Set('P H1 H2 H3 H4 H5 H6 BLOCKQUOTE UL OL PRE TABLE'.split(' '));
const SILENT = new Set('SCRIPT STYLE HEAD TITLE TEMPLATE NOSCRIPT OBJECT'.split(' '));

/** HTML as plain text: `> ` before quotes, `- ` and numbers before list items, the address after a link's words. */
export function textOfHtml(html: string): string {
  const body = new DOMParser().parseFromString(html, 'text/html').body;
  return tidy(linesOf(body, false)).join('\n').replaceAll('\u00a0', ' ').trimEnd();
}

/** Lines of a block; the empty string is a blank line between paragraphs. */
function linesOf(block: Element, preformatted: boolean): string[] {
  const lines: string[] = [];
  let line = '';
  const endLine = () => {
    if (trim(line) !== '') lines.push(preformatted ? line.trimEnd() : trim(line));
    line = '';
  };
  const walk = (node: Node): void => {
    if (node.nodeType === node.TEXT_NODE) {
      const text = node.textContent ?? '';
      if (!preformatted) line += line === '' || line.endsWith(' ') ? collapse(text).replace(/^ +/, '') : collapse(text);
      else {
        const [first = '', ...rest] = text.split('\n');
        line += first;
        for (const next of rest) {
          lines.push(line);
          line = next;
        }
      }
      return;
    }
    if (!isElement(node) || SILENT.has(node.tagName)) return;
    if (node.tagName === 'BR') {
      lines.push(preformatted ? line.trimEnd() : trim(line));
      line = '';
    } else if (BLOCKS.has(node.tagName)) {
      endLine();
      lines.push(...blockOf(node, preformatted));
    } else if (node.tagName === 'IMG') {
      const alt = collapse(node.getAttribute('alt') ?? '').trim();
      if (alt) line += `[${alt}]`;
    } else if (node.tagName === 'A') {
      line += linkOf(node);
    } else {
      for (const child of node.childNodes) walk(child);
      if (node.tagName === 'TD' || node.tagName === 'TH') line += ' ';
    }
  };
  for (const child of block.childNodes) walk(child);
  endLine();
  return lines;
}

function blockOf(element: Element, preformatted: boolean): string[] {
  if (element.tagName === 'HR') return ['', '---', ''];
  const inside = linesOf(element, preformatted || element.tagName === 'PRE');
  const lines =
    element.tagName === 'BLOCKQUOTE'
      ? tidy(inside).map((line) => (line === '' ? '>' : line.startsWith('>') ? `>${line}` : `> ${line}`))
      : element.tagName === 'LI'
        ? itemOf(element, inside)
        : inside;
  // RFC 3676 §4.3: dash, dash, space tells where the signature begins.
  if (element.classList.contains('mailwright-signature')) return ['', '-- ', ...tidy(lines)];
  // An empty paragraph is how an editor writes a blank line.
  if (element.tagName === 'P' && lines.length === 0) return ['', ''];
  const nested = element.parentElement?.tagName === 'LI';
  return SPACED.has(element.tagName) && !nested ? ['', ...lines, ''] : lines;
}

function itemOf(item: Element, inside: string[]): string[] {
  const list = item.parentElement;
  const number = list ? Array.from(list.children).indexOf(item) + Number(list.getAttribute('start') ?? 1) : 1;
  const mark = list?.tagName === 'OL' ? `${number}. ` : '- ';
  return tidy(inside).map((line, at) => (at === 0 ? mark + line : line && ' '.repeat(mark.length) + line));
}

function linkOf(link: Element): string {
  const words = collapse(link.textContent ?? '');
  const href = (link.getAttribute('href') ?? '').trim();
  const bare = href.replace(/^(?:mailto:|https?:\/\/)/i, '').replace(/\/$/, '');
  const said = words
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/\/$/, '');
  return !/^(?:https?|mailto):/i.test(href) || said === bare ? words : `${words} <${href}>`;
}

const isElement = (node: Node): node is Element => node.nodeType === 1;
const collapse = (text: string) => text.replace(/[ \t\r\n\f]+/g, ' ');
/** Spaces at the ends; hard ones stay, for they are how indentation is written in HTML. */
const trim = (text: string) => text.replace(/^ +| +$/g, '');
/** Spaces that HTML would swallow become hard ones: at the beginning of a line, and all but the last of several. */
const hardSpaces = (text: string) => text.replace(/^ +| +(?= )/gm, (spaces) => '\u00a0'.repeat(spaces.length));

/** No blank lines at the ends and never two in a row. */
function tidy(lines: string[]): string[] {
  const kept = lines.filter((line, at) => line !== '' || (at > 0 && lines[at - 1] !== ''));
  while (kept[0] === '') kept.shift();
  while (kept.at(-1) === '') kept.pop();
  return kept;
}

/** Plain text as simple HTML: paragraphs at blank lines, quoted lines as blockquotes. */
export function htmlOfText(text: string): string {
  return paragraphs(text.replace(/\r\n?/g, '\n').split('\n'));
}

function paragraphs(lines: readonly string[]): string {
  let html = '';
  let at = 0;
  while (at < lines.length) {
    const isQuote = lines[at]?.startsWith('>') ?? false;
    let end = at;
    while (end < lines.length && (lines[end]?.startsWith('>') ?? false) === isQuote) end += 1;
    const run = lines.slice(at, end);
    if (isQuote) html += `<blockquote>${paragraphs(run.map((line) => line.replace(/^> ?/, '')))}</blockquote>`;
    else {
      for (const paragraph of run.join('\n').split(/\n{2,}/)) {
        if (paragraph.trim() !== '')
          html += `<p>${hardSpaces(escapeHtml(paragraph.replace(/^\n|\n$/g, ''))).replaceAll('\n', '<br>')}</p>`;
      }
    }
    at = end;
  }
  return html;
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

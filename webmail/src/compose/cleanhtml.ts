// HTML from outside (quoted mail, signatures, old drafts) made fit to stand in our page and to leave in our mail.
// DOMPurify does the sanitising; here is what we allow. Needs a DOM; loaded with the editor only.
import DOMPurify from 'dompurify';

const TAGS =
  'a abbr address b big blockquote br caption center cite code col colgroup dd del div dl dt em figcaption figure font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strike strong sub sup table tbody td tfoot th thead tr tt u ul'.split(
    ' ',
  );
const ATTRIBUTES =
  'align alt bgcolor border cellpadding cellspacing cite class color colspan data-cid dir face height href lang reversed rowspan size src start style title type valign width'.split(
    ' ',
  );
/** Links people may follow; what a picture may name is checked below. */
const LINK = /^(?:https?:|mailto:|tel:|#)/i;
// RFC 2392: a part of the same message. Pictures being edited are named by our own download address.
const OWN_PICTURE = /^(?:cid:|blob:|\/jmap\/download\/)/i;
const REMOTE_PICTURE = /^https?:/i;
/** Declarations that fetch something, cover the page or run code in the programs of long ago. */
const HARMFUL_STYLE = /url\s*\(|image-set|expression|@import|behavior|-moz-binding|position\s*:|z-index|\\/i;
const OWN_CLASSES = new Set(['mailwright-quote', 'mailwright-signature']);

interface Options {
  /** `drop`: replaced by their words, so that a reply carries nobody's tracking pixel. `keep`: for forwarding. */
  remotePictures: 'keep' | 'drop';
  /** Drop inline styles: for what is shown in our own page. */
  styles?: 'keep' | 'drop';
}

/** The body's HTML, sanitised. Never throws; unreadable input gives an empty string. */
export function cleanHtml(html: string, { remotePictures, styles = 'keep' }: Options): string {
  const fragment = DOMPurify.sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: styles === 'keep' ? ATTRIBUTES : ATTRIBUTES.filter((name) => name !== 'style'),
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|cid:|blob:|#|\/jmap\/download\/)/i,
    FORBID_CONTENTS: ['script', 'style', 'title', 'head', 'template', 'svg', 'math', 'noscript', 'iframe', 'object'],
    RETURN_DOM_FRAGMENT: true,
  });
  for (const link of fragment.querySelectorAll('a[href]')) {
    if (!LINK.test(link.getAttribute('href') ?? '')) link.removeAttribute('href');
  }
  for (const picture of fragment.querySelectorAll('img')) keepPicture(picture, remotePictures);
  for (const styled of fragment.querySelectorAll('[style]')) keepStyle(styled);
  for (const named of fragment.querySelectorAll('[class]')) {
    const own = [...named.classList].filter((name) => OWN_CLASSES.has(name));
    if (own.length > 0) named.setAttribute('class', own.join(' '));
    else named.removeAttribute('class');
  }
  // An element of the fragment's own document, which loads nothing: in ours the pictures would be fetched at once.
  const holder = fragment.ownerDocument.createElement('div');
  holder.append(fragment);
  return holder.innerHTML;
}

function keepPicture(picture: HTMLImageElement, remote: Options['remotePictures']): void {
  const source = picture.getAttribute('src') ?? '';
  if (OWN_PICTURE.test(source) || (remote === 'keep' && REMOTE_PICTURE.test(source))) return;
  picture.replaceWith(picture.ownerDocument.createTextNode(picture.alt ? `[${picture.alt}]` : ''));
}

function keepStyle(element: Element): void {
  const kept = (element.getAttribute('style') ?? '')
    .split(';')
    .filter((each) => each.trim() && !HARMFUL_STYLE.test(each));
  if (kept.length > 0) element.setAttribute('style', kept.join(';'));
  else element.removeAttribute('style');
}

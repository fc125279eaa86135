// What can be written: the marks and blocks of simple mail, pictures of the message itself, and the signature.
import { mergeAttributes, Node } from '@tiptap/core';
import Image from '@tiptap/extension-image';
import { Placeholder } from '@tiptap/extensions';
import StarterKit from '@tiptap/starter-kit';
import { SIGNATURE_CLASS } from './draft';

/** Our own addresses only: a pasted picture of another host would tell that host who is reading. */
const OWN_PICTURE = /^(?:blob:|\/jmap\/download\/)/i;

const Picture = Image.extend({
  addAttributes() {
    return {
      ...this.parent?.(),
      cid: {
        default: null,
        parseHTML: (element: HTMLElement) => element.getAttribute('data-cid'),
        renderHTML: ({ cid }: { cid: string | null }) => (cid ? { 'data-cid': cid } : {}),
      },
    };
  },
  parseHTML() {
    return [
      {
        tag: 'img[src]',
        getAttrs: (element) => (OWN_PICTURE.test(element.getAttribute('src') ?? '') ? null : false),
      },
    ];
  },
});

/** A block of its own, so that it can be exchanged when another From is chosen. */
const Signature = Node.create({
  name: 'signature',
  group: 'block',
  content: 'block+',
  defining: true,
  parseHTML: () => [{ tag: `div.${SIGNATURE_CLASS}` }],
  renderHTML: ({ HTMLAttributes }) => ['div', mergeAttributes(HTMLAttributes, { class: SIGNATURE_CLASS }), 0],
});

export const extensions = (placeholder: string) => [
  StarterKit.configure({
    heading: false,
    trailingNode: false,
    link: {
      openOnClick: false,
      autolink: true,
      defaultProtocol: 'https',
      protocols: ['mailto', 'tel'],
      HTMLAttributes: { rel: null, target: null },
    },
  }),
  Picture.configure({ inline: true, allowBase64: false }),
  Signature,
  Placeholder.configure({ placeholder }),
];

/** `cid:` pictures as something the browser can show; `addressOf` null: the picture is not there (any more). */
export function forEditor(html: string, addressOf: (cid: string) => string | null): string {
  if (!html.includes('<img')) return html;
  return changePictures(html, (picture) => {
    const cid = /^cid:(.+)$/i.exec(picture.getAttribute('src') ?? '')?.[1];
    const address = cid ? addressOf(cid) : null;
    if (!cid || !address) return picture.remove();
    picture.setAttribute('data-cid', cid);
    picture.setAttribute('src', address);
  });
}

/** What the editor holds as it is kept and sent: pictures by their Content-ID. */
export function fromEditor(html: string): string {
  if (!html.includes('<img')) return html;
  return changePictures(html, (picture) => {
    const cid = picture.getAttribute('data-cid');
    if (!cid) return picture.remove();
    picture.removeAttribute('data-cid');
    picture.setAttribute('src', `cid:${cid}`);
  });
}

function changePictures(html: string, change: (picture: HTMLImageElement) => void): string {
  const body = new DOMParser().parseFromString(html, 'text/html').body;
  for (const picture of body.querySelectorAll('img')) change(picture);
  return body.innerHTML;
}

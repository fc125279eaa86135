// What a message says: its HTML in a frame where nothing runs, or its plain text.
import { ImageOff, TriangleAlert } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useDisplay } from '@/account/preferences';
import type { Email } from '@/api/jmap/types';
import { openComposer } from '@/compose/open';
import { hasHtml, plainText } from '@/mail/conversation';
import { Button } from '@/ui/Button';
import { PlainText } from './PlainText';
import { usePlain } from './plainChoice';

export function MessageBody({ email }: { email: Email }) {
  const plain = usePlain(email.id);
  if (!hasHtml(email) || plain) {
    const text = plainText(email);
    const truncated = email.textBody.some((part) => part.partId && email.bodyValues[part.partId]?.isTruncated);
    return (
      <div className="px-4 py-3">
        <PlainText text={text || email.preview} />
        {truncated ? (
          <p className="mt-4 text-ink-muted">The message is longer than what is shown. Its source has all of it.</p>
        ) : null}
      </div>
    );
  }
  return <HtmlFrame key={email.id} email={email} />;
}

const FIRST_HEIGHT = 96; // pixels until it was measured

/**
 * The document comes sanitised, with a policy of its own under which nothing runs and nothing is fetched from elsewhere; the
 * sandbox has no allow-scripts besides. With allow-same-origin this page may measure it, and only that.
 */
function HtmlFrame({ email }: { email: Email }) {
  const always = useDisplay().pictures === 'proxied';
  const [shown, setShown] = useState(false);
  const pictures = always || shown;
  const frame = useRef<HTMLIFrameElement>(null);
  const [height, setHeight] = useState(FIRST_HEIGHT);
  const [held, setHeld] = useState({ pictures: 0, links: 0 });
  const [failed, setFailed] = useState(false);
  const observer = useRef<ResizeObserver>(undefined);

  const onLoad = useCallback(() => {
    const page = frame.current?.contentDocument;
    if (!page?.body) return;
    observer.current?.disconnect();
    if (!page.querySelector('base')) {
      setFailed(true); // an error answer, not a message
      return;
    }
    setFailed(false);
    const measure = () =>
      setHeight(Math.ceil(Math.max(page.body.scrollHeight, page.body.getBoundingClientRect().height)) + 1);
    measure();
    observer.current = new ResizeObserver(measure);
    observer.current.observe(page.body);
    for (const picture of page.images) picture.addEventListener('load', measure);
    page.addEventListener('click', onLink);
    // Keys that are pressed inside work as outside.
    page.addEventListener('keydown', (event) => document.dispatchEvent(new KeyboardEvent('keydown', event)));
    setHeld({
      pictures: page.querySelectorAll('img.mw-withheld').length,
      links: page.querySelectorAll('a.mw-elsewhere').length,
    });
  }, []);
  useEffect(() => () => observer.current?.disconnect(), []);

  if (failed) {
    return (
      <div className="px-4 py-3">
        <PlainText text={plainText(email) || email.preview} />
      </div>
    );
  }
  return (
    <div className="px-1 pb-2 sm:px-4">
      {held.pictures > 0 && !pictures ? (
        <div className="no-print mb-2 flex flex-wrap items-center gap-3 rounded-md bg-sunken px-3 py-2 text-ink-muted">
          <ImageOff size={16} aria-hidden="true" />
          <span className="flex-1">
            Pictures from elsewhere are not shown, so that nobody learns that you read this.
          </span>
          <Button size="small" onClick={() => setShown(true)}>
            Show pictures
          </Button>
        </div>
      ) : null}
      {held.links > 0 ? (
        <p className="mb-2 flex items-center gap-3 rounded-md bg-warning-soft px-3 py-2 text-warning">
          <TriangleAlert size={16} aria-hidden="true" className="shrink-0" />
          {held.links === 1
            ? 'A link names another place than it leads to. It is marked.'
            : `${held.links} links name other places than they lead to. They are marked.`}
        </p>
      ) : null}
      <iframe
        ref={frame}
        title={`Message: ${email.subject ?? ''}`}
        sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
        referrerPolicy="no-referrer"
        src={`/api/mail/${email.id}/html?images=${pictures ? 'proxied' : 'none'}`}
        onLoad={onLoad}
        style={{ height }}
        className="w-full rounded-md border-0 bg-white"
      />
    </div>
  );
}

/** Addresses of people open the composer instead of another program. */
function onLink(event: Event): void {
  const link = (event.target as Element | null)?.closest?.('a');
  const href = link?.getAttribute('href') ?? '';
  if (!/^mailto:/i.test(href)) return;
  event.preventDefault();
  openComposer({ kind: 'mailto', href });
}

// A modal dialog with title, optional description, body and a row of buttons; focus is kept inside and given back.
import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button } from './Button';
import { classes } from './classes';

interface Props {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  children?: ReactNode;
  footer?: ReactNode;
  width?: 'narrow' | 'normal' | 'wide';
}

/** What has the focus first: not the button that closes. */
const FIRST =
  '[data-autofocus], input:not([type=hidden]):not(:disabled), textarea:not(:disabled), select:not(:disabled)';
const INSIDE = 'a[href], button, input, textarea, select, [tabindex="0"]';
const WIDTHS = { narrow: 'max-w-sm', normal: 'max-w-lg', wide: 'max-w-4xl' };

export function Dialog({ open, onClose, title, description, children, footer, width = 'normal' }: Props) {
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        {/* Not Radix.Overlay: it writes a style element, which the content security policy forbids. */}
        <div aria-hidden="true" className="no-print fixed inset-0 z-40 bg-shade" />
        <Radix.Content
          {...(description ? {} : { 'aria-describedby': undefined })}
          onOpenAutoFocus={(event) => {
            const first = (event.currentTarget as HTMLElement | null)?.querySelector<HTMLElement>(FIRST);
            if (!first) return;
            event.preventDefault();
            first.focus();
          }}
          className={classes(
            'fixed top-1/2 left-1/2 z-40 flex max-h-[calc(100dvh-32px)] w-[calc(100vw-32px)] -translate-x-1/2 -translate-y-1/2 flex-col',
            'rounded-lg border border-line bg-raised shadow-popover',
            WIDTHS[width],
          )}
        >
          <div className="flex items-start gap-4 px-6 pt-5 pb-2">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-base font-semibold">{title}</Radix.Title>
              {description ? (
                <Radix.Description className="mt-1 text-ink-muted">{description}</Radix.Description>
              ) : null}
            </div>
            <Radix.Close
              aria-label="Close"
              className="-mr-2 inline-flex size-8 items-center justify-center rounded-md text-ink-muted hover:bg-hover hover:text-ink"
            >
              <X size={18} aria-hidden="true" />
            </Radix.Close>
          </div>
          <Body title={title}>{children}</Body>
          <div className="flex flex-wrap items-center justify-end gap-2 px-6 pt-2 pb-5">{footer}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** What scrolls is reached by keys: through what is inside, or by itself where nothing inside takes the focus. */
function Body({ title, children }: { title: string; children: ReactNode }) {
  const outer = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const [reached, setReached] = useState(false);
  useEffect(() => {
    const [box, content] = [outer.current, inner.current];
    if (!box || !content) return;
    const observer = new ResizeObserver(() =>
      setReached(box.scrollHeight > box.clientHeight && !content.querySelector(INSIDE)),
    );
    observer.observe(box);
    observer.observe(content);
    return () => observer.disconnect();
  }, []);
  return (
    <div
      ref={outer}
      {...(reached ? { tabIndex: 0, role: 'region', 'aria-label': title } : {})}
      className="min-h-0 flex-1 overflow-y-auto px-6 py-2"
    >
      <div ref={inner}>{children}</div>
    </div>
  );
}

interface ConfirmProps {
  open: boolean;
  onClose: () => void;
  onConfirm: () => void;
  title: string;
  description: ReactNode;
  /** What the button does, as a verb: "Delete folder". */
  action: string;
  dangerous?: boolean;
  busy?: boolean;
}

/** Asks before something that cannot be undone. */
export function ConfirmDialog({ open, onClose, onConfirm, title, description, action, dangerous, busy }: ConfirmProps) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      description={description}
      width="narrow"
      footer={
        <>
          <Button onClick={onClose} {...(dangerous ? { 'data-autofocus': true } : {})}>
            Cancel
          </Button>
          <Button
            look={dangerous ? 'danger' : 'primary'}
            busy={busy ?? false}
            onClick={onConfirm}
            {...(dangerous ? {} : { 'data-autofocus': true })}
          >
            {action}
          </Button>
        </>
      }
    />
  );
}

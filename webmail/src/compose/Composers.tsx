// The open composer windows: side by side at the bottom of a wide screen, one over everything on a phone.
import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { jmapSessionQuery, primaryOf } from '@/api/jmap/client';
import { useSession } from '@/api/session';
import { classes } from '@/ui/classes';
import { IconButton } from '@/ui/IconButton';
import { Loading } from '@/ui/Spinner';
import { toastError } from '@/ui/Toast';
import { limitsOf } from './attachments';
import { Composer } from './Composer';
import { startDraft } from './start';
import { type ComposerWindow, closeWindow, remember, useWindows } from './windows';

export default function Composers() {
  const windows = useWindows();
  return (
    <div className="no-print pointer-events-none fixed inset-x-0 bottom-0 z-30 flex flex-wrap-reverse items-end justify-end gap-3 px-3 max-md:px-0">
      {windows.map((one) => (
        <Frame key={one.id} window={one}>
          <Opened window={one} />
        </Frame>
      ))}
    </div>
  );
}

function Frame({ window: { shape }, children }: { window: ComposerWindow; children: React.ReactNode }) {
  return (
    <div
      className={classes(
        'pointer-events-auto flex flex-col overflow-hidden border border-line bg-surface shadow-popover',
        shape === 'minimised' && 'w-72 rounded-t-lg max-md:w-full',
        shape === 'docked' && 'h-[min(640px,calc(100dvh-80px))] w-[min(600px,calc(100vw-24px))] rounded-t-lg',
        shape === 'large' && 'fixed inset-8 rounded-lg',
        shape !== 'minimised' &&
          'max-md:fixed max-md:inset-0 max-md:h-dvh max-md:w-full max-md:rounded-none max-md:border-0',
      )}
    >
      {children}
    </div>
  );
}

/** Brings the draft the window was opened for, then the composer itself. */
function Opened({ window: one }: { window: ComposerWindow }) {
  const { user } = useSession();
  const session = useQuery(jmapSessionQuery).data;
  const [draft, setDraft] = useState(one.draft);
  const [opener] = useState(() => document.activeElement);
  const { id, intent } = one;
  useEffect(() => {
    if (draft || !intent) return;
    let gone = false;
    startDraft(intent).then(
      (started) => {
        if (gone) return;
        setDraft(started);
        remember(id, started);
      },
      (failure) => {
        if (gone) return;
        toastError(failure, 'The message could not be opened.');
        closeWindow(id);
      },
    );
    return () => {
      gone = true;
    };
  }, [draft, id, intent]);
  if (!draft || !session) {
    return (
      <div className="flex h-full flex-col">
        <div className="flex justify-end p-2">
          <IconButton size="small" label="Close" icon={<X />} onClick={() => closeWindow(id)} />
        </div>
        <Loading label="Opening the message" />
      </div>
    );
  }
  return (
    <Composer
      window={one}
      start={draft}
      userId={user.id}
      limits={limitsOf(session, primaryOf(session))}
      onClosed={() => {
        closeWindow(id);
        if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
      }}
    />
  );
}

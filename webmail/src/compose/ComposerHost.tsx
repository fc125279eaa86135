// Always there for who is signed in and has a mailbox: takes requests to write, and loads the composer with the first one.
import { lazy, Suspense, useEffect } from 'react';
import { useMaybeSession } from '@/api/session';
import { isFree, keptDrafts } from './kept';
import { registerComposer } from './open';
import { openWindow, useWindows } from './windows';

const Composers = lazy(() => import('./Composers'));

export function ComposerHost() {
  const user = useMaybeSession()?.user;
  const windows = useWindows();
  const writes = user?.has_mailbox ? user.id : null;
  useEffect(() => {
    if (!writes) return;
    // What was unsaved when the browser went away is there again, small, and is saved now.
    for (const draft of keptDrafts(writes)) {
      void isFree(draft.messageId).then((free) => free && openWindow({ draft, unsaved: true }, 'minimised'));
    }
    return registerComposer((intent) => void openWindow({ intent }));
  }, [writes]);
  if (!writes || windows.length === 0) return null;
  return (
    <Suspense fallback={null}>
      <Composers />
    </Suspense>
  );
}

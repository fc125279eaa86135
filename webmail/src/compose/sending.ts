// Sending a finished draft: now with a while to take it back, or at a later time. Says what happened, and offers Undo.

import { preferencesQuery } from '@/account/preferences';
import { MethodError } from '@/api/jmap/batch';
import { queries } from '@/api/queries';
import { toast, toastError } from '@/ui/Toast';
import type { Draft } from './draft';
import { scheduledQuery, sendDraft, takeBack } from './mail';
import { formatWhen } from './schedule';
import { openWindow } from './windows';

export const DEFAULT_UNDO_SECONDS = 10; // long enough to notice the wrong recipient, short enough not to be late

/** How long what is sent can be taken back: what the person chose, and ten seconds before they choose. */
export async function undoSeconds(): Promise<number> {
  const preferences = await queries.ensureQueryData(preferencesQuery).catch(() => null);
  if (preferences?.undo_seconds) return preferences.undo_seconds;
  return preferences?.display.undoOff ? 0 : DEFAULT_UNDO_SECONDS;
}

/** Throws ApiError or MethodError when it was not sent. The draft is saved as it is. */
export async function sendNow(draft: Draft): Promise<void> {
  const holdSeconds = await undoSeconds();
  const { submissionId, sendAt } = await sendDraft(draft, { holdSeconds });
  offerUndo(draft, submissionId, holdSeconds > 0 ? sendAt : null);
}

export async function sendLater(draft: Draft, at: Date, timeZone: string): Promise<void> {
  const { submissionId } = await sendDraft(draft, { at });
  void queries.invalidateQueries({ queryKey: scheduledQuery.queryKey });
  toast({
    key: submissionId,
    text: `It will be sent ${formatWhen(at, timeZone)}.`,
    lasts: 9_000,
    action: { label: 'Undo', run: () => void undo(draft, submissionId) },
  });
}

function offerUndo(draft: Draft, submissionId: string, until: Date | null): void {
  if (!until) {
    toast({ text: 'Sent.' });
    return;
  }
  let dismiss: () => void = () => undefined;
  const action = {
    label: 'Undo',
    run: () => {
      clearInterval(timer);
      void undo(draft, submissionId);
    },
  };
  // A stable sentence first, for screen readers; the seconds that follow are for the eye.
  const show = () => {
    const left = Math.ceil((until.getTime() - Date.now()) / 1_000);
    if (left <= 0) {
      clearInterval(timer);
      dismiss();
      toast({ key: submissionId, text: 'Sent.', lasts: 3_000 });
      return;
    }
    dismiss = toast({ key: submissionId, text: `Sending in ${left} s`, lasts: 2_000, action });
  };
  const timer = setInterval(show, 1_000);
  show();
}

async function undo(draft: Draft, submissionId: string): Promise<void> {
  try {
    await takeBack(submissionId);
  } catch (failure) {
    if (failure instanceof MethodError && failure.type === 'cannotUnsend') {
      toast({ text: 'It has left already.', tone: 'danger' });
      return;
    }
    toastError(failure);
    return;
  }
  void queries.invalidateQueries({ queryKey: scheduledQuery.queryKey });
  toast({ text: 'Taken back. It is in Drafts again.' });
  openWindow({ draft, unsaved: false });
}

// One list with what is chosen in it, where the cursor is and what is open: shared by the list, the conversation and the keys.
import { createContext, useContext } from 'react';
import type { Id, Mailbox, MailboxRole } from '@/api/jmap/types';
import type { Choice } from '@/mail/actions';
import type { MailList } from '@/mail/lists';
import type { Place } from '@/mail/tree';

export type Panel = 'move' | 'label' | 'snooze' | 'follow-up' | 'delete' | 'all';

export interface ListControl {
  list: MailList;
  /** The mailbox of the list; null for a search. */
  place: Place | null;
  /** All mailboxes of the list's account. */
  mailboxes: Mailbox[];
  /** Whether there is, or can be made, a mailbox for this: in what others share there may be none. */
  has: (role: MailboxRole) => boolean;
  /** Whether the account is one's own. */
  isOwn: boolean;
  /** Thread that is open beside or instead of the list. */
  openThread: Id | null;
  open: (threadId: Id | null) => void;
  /** Opens the conversation of an entry; a draft goes to the composer. */
  openEntry: (id: Id) => void;
  cursor: Id | null;
  setCursor: (id: Id | null) => void;
  selected: ReadonlySet<Id>;
  /** Everything in the list is meant, also what is not loaded. */
  everything: boolean;
  select: (id: Id, options?: { range?: boolean; on?: boolean }) => void;
  selectLoaded: () => void;
  selectEverything: () => void;
  clear: () => void;
  /** Moves to another conversation; opens it when one is open. */
  step: (by: 1 | -1) => void;
  panel: Panel | null;
  show: (panel: Panel | null) => void;
  /** What an action is about: the chosen ones, or the open one, or that under the cursor. */
  choice: () => Choice | null;
  act: (action: Verb) => void;
}

export type Verb = 'archive' | 'delete' | 'junk' | 'read' | 'unread' | 'star';

export const ControlContext = createContext<ListControl | null>(null);

export function useControl(): ListControl {
  const control = useContext(ControlContext);
  if (!control) throw new Error('There is no list here.');
  return control;
}

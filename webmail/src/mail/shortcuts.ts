// Keyboard shortcuts: single keys and sequences such as "g i". The table is also the help sheet.
import { useEffect, useRef } from 'react';

export type Action =
  | 'next'
  | 'previous'
  | 'open'
  | 'back'
  | 'select'
  | 'select-all'
  | 'archive'
  | 'delete'
  | 'junk'
  | 'move'
  | 'label'
  | 'snooze'
  | 'follow-up'
  | 'star'
  | 'read'
  | 'unread'
  | 'undo'
  | 'reply'
  | 'reply-all'
  | 'forward'
  | 'compose'
  | 'search'
  | 'help'
  | 'print'
  | 'go-inbox'
  | 'go-starred'
  | 'go-sent'
  | 'go-drafts'
  | 'go-archive'
  | 'go-snoozed'
  | 'go-junk'
  | 'go-trash'
  | 'go-followups'
  | 'go-scribe';

export interface Shortcut {
  keys: string;
  action: Action;
  text: string;
  group: 'Moving about' | 'With conversations' | 'Writing' | 'Going to';
}

export const SHORTCUTS: Shortcut[] = [
  { keys: 'j', action: 'next', text: 'Next conversation', group: 'Moving about' },
  { keys: 'k', action: 'previous', text: 'Previous conversation', group: 'Moving about' },
  { keys: 'o', action: 'open', text: 'Open', group: 'Moving about' },
  { keys: 'Enter', action: 'open', text: 'Open', group: 'Moving about' },
  { keys: 'u', action: 'back', text: 'Back to the list', group: 'Moving about' },
  { keys: 'Escape', action: 'back', text: 'Back, or nothing chosen', group: 'Moving about' },
  { keys: '/', action: 'search', text: 'Search', group: 'Moving about' },
  { keys: '?', action: 'help', text: 'This list', group: 'Moving about' },
  { keys: 'x', action: 'select', text: 'Choose', group: 'With conversations' },
  { keys: '* a', action: 'select-all', text: 'Choose all', group: 'With conversations' },
  { keys: 'e', action: 'archive', text: 'Archive', group: 'With conversations' },
  { keys: '#', action: 'delete', text: 'Delete', group: 'With conversations' },
  { keys: '!', action: 'junk', text: 'Junk, or not', group: 'With conversations' },
  { keys: 's', action: 'star', text: 'Star, or not', group: 'With conversations' },
  { keys: 'b', action: 'snooze', text: 'Snooze', group: 'With conversations' },
  { keys: 't', action: 'follow-up', text: 'Follow up', group: 'With conversations' },
  { keys: 'v', action: 'move', text: 'Move to a folder', group: 'With conversations' },
  { keys: 'l', action: 'label', text: 'Label', group: 'With conversations' },
  { keys: 'I', action: 'read', text: 'Mark as read', group: 'With conversations' },
  { keys: 'U', action: 'unread', text: 'Mark as unread', group: 'With conversations' },
  { keys: 'z', action: 'undo', text: 'Undo', group: 'With conversations' },
  { keys: 'c', action: 'compose', text: 'New message', group: 'Writing' },
  { keys: 'r', action: 'reply', text: 'Reply', group: 'Writing' },
  { keys: 'a', action: 'reply-all', text: 'Reply to all', group: 'Writing' },
  { keys: 'f', action: 'forward', text: 'Forward', group: 'Writing' },
  { keys: 'p', action: 'print', text: 'Print', group: 'Writing' },
  { keys: 'g i', action: 'go-inbox', text: 'Inbox', group: 'Going to' },
  { keys: 'g s', action: 'go-starred', text: 'Starred', group: 'Going to' },
  { keys: 'g z', action: 'go-snoozed', text: 'Snoozed', group: 'Going to' },
  { keys: 'g t', action: 'go-sent', text: 'Sent', group: 'Going to' },
  { keys: 'g d', action: 'go-drafts', text: 'Drafts', group: 'Going to' },
  { keys: 'g a', action: 'go-archive', text: 'Archive', group: 'Going to' },
  { keys: 'g j', action: 'go-junk', text: 'Junk', group: 'Going to' },
  { keys: 'g #', action: 'go-trash', text: 'Trash', group: 'Going to' },
  { keys: 'g f', action: 'go-followups', text: 'Follow-ups', group: 'Going to' },
  { keys: 'g w', action: 'go-scribe', text: 'Scribe', group: 'Going to' },
];

const SEQUENCE_MS = 1_200; // between the keys of a sequence

/** Reads keys one by one. Pure but for the time it is told. */
export class Keys {
  private before: { key: string; at: number } | null = null;

  constructor(private readonly table: readonly Shortcut[] = SHORTCUTS) {}

  press(key: string, now: number): Action | null {
    const first = this.before && now - this.before.at <= SEQUENCE_MS ? this.before.key : null;
    this.before = null;
    if (first) {
      const found = this.table.find((one) => one.keys === `${first} ${key}`);
      if (found) return found.action;
    }
    if (this.table.some((one) => one.keys.startsWith(`${key} `))) {
      this.before = { key, at: now };
      return null;
    }
    return this.table.find((one) => one.keys === key)?.action ?? null;
  }
}

type Handlers = Partial<Record<Action, (event: KeyboardEvent) => void>>;
const stack: { current: Handlers }[] = [];
const keys = new Keys();

/** Handles these actions while mounted; who was mounted last is asked first. */
export function useShortcuts(handlers: Handlers): void {
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useEffect(() => {
    stack.push(latest);
    if (stack.length === 1) document.addEventListener('keydown', onKey);
    return () => {
      stack.splice(stack.indexOf(latest), 1);
      if (stack.length === 0) document.removeEventListener('keydown', onKey);
    };
  }, []);
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (isTyping(event.target) || document.querySelector('[role="dialog"], [role="menu"], [role="alertdialog"]')) return;
  // Enter and Space on a control are that control's.
  if (
    event.key === 'Enter' &&
    event.target instanceof HTMLElement &&
    event.target.closest('a, button, [role="button"]')
  )
    return;
  const action = keys.press(event.key, event.timeStamp);
  if (!action) return;
  for (const one of [...stack].reverse()) {
    const handler = one.current[action];
    if (handler) {
      event.preventDefault();
      handler(event);
      return;
    }
  }
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button'].includes(target.type);
  return target.isContentEditable || target.matches('textarea, select');
}

// How any page asks for the composer. The composer registers itself; what is asked before that waits for it.

export type ComposeIntent =
  | { kind: 'new'; to?: string; subject?: string; body?: string }
  | { kind: 'reply' | 'reply-all' | 'forward'; accountId: string; emailId: string }
  | { kind: 'draft'; accountId: string; emailId: string }
  | { kind: 'mailto'; href: string };

type Opener = (intent: ComposeIntent) => void;
let opener: Opener | null = null;
const waiting: ComposeIntent[] = [];

export function openComposer(intent: ComposeIntent): void {
  if (opener) opener(intent);
  else waiting.push(intent);
}

/** Called by the composer when it is mounted; what is returned takes it away again. */
export function registerComposer(open: Opener): () => void {
  opener = open;
  for (const intent of waiting.splice(0)) open(intent);
  return () => {
    if (opener === open) opener = null;
  };
}

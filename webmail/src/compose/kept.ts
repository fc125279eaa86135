// Drafts the server does not have yet, kept in this browser under the person's id; and which tab is writing which draft.
import type { Draft } from './draft';

const PREFIX = 'mailwright.draft.';

interface Kept {
  at: string;
  draft: Draft;
}

export function keepDraft(userId: string, draft: Draft): void {
  // Files under way cannot be kept; those the server has are named by their blob ids.
  const attachments = draft.attachments.filter(({ state }) => state === 'done');
  const kept: Kept = { at: new Date().toISOString(), draft: { ...draft, attachments } };
  try {
    localStorage.setItem(keyOf(userId, draft.messageId), JSON.stringify(kept));
  } catch {
    // The browser's store is full or forbidden: the server's copy is the only one then.
  }
}

export function forgetDraft(userId: string, messageId: string): void {
  try {
    localStorage.removeItem(keyOf(userId, messageId));
  } catch {
    // see above
  }
}

/** What this person left unsaved in this browser, oldest first. */
export function keptDrafts(userId: string): Draft[] {
  const found: Kept[] = [];
  try {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(keyOf(userId, ''))) continue;
      const kept = JSON.parse(localStorage.getItem(key) ?? 'null') as Kept | null;
      if (kept?.draft?.messageId) found.push(kept);
    }
  } catch {
    return [];
  }
  return found.sort((one, other) => one.at.localeCompare(other.at)).map(({ draft }) => draft);
}

const keyOf = (userId: string, messageId: string) => `${PREFIX}${userId}.${messageId}`;

/** Whether no tab is writing it at this moment. */
export async function isFree(messageId: string): Promise<boolean> {
  if (!('locks' in navigator)) return true;
  const { held } = await navigator.locks.query();
  return !held?.some(({ name }) => name === PREFIX + messageId);
}

/**
 * Takes the draft for this tab. null: another tab has it. `onLost` is called when another tab takes it over.
 * Browsers without locks (pages without TLS) let every tab have it; the server then keeps the version saved last.
 */
export function claim(messageId: string, onLost: () => void, takeOver = false): Promise<(() => void) | null> {
  if (!('locks' in navigator)) return Promise.resolve(() => undefined);
  return new Promise((resolve) => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((done) => {
      release = done;
    });
    let had = false;
    navigator.locks
      .request(PREFIX + messageId, takeOver ? { steal: true } : { ifAvailable: true }, async (lock) => {
        if (!lock) return resolve(null);
        had = true;
        resolve(release);
        await held;
      })
      .catch(() => {
        if (had) onLost();
        else resolve(null);
      });
  });
}

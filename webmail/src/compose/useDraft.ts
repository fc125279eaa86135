// One draft being written: its content, its saving, its uploads, and which tab holds it.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { toast } from '@/ui/Toast';
import { attachmentFor, type Limits, refusalOf, Uploads } from './attachments';
import type { Attachment, Draft } from './draft';
import { claim, forgetDraft, keepDraft } from './kept';
import { saveDraft } from './mail';
import { DraftSaver, type SaveStatus } from './saver';

export interface Writing {
  draft: Draft;
  status: SaveStatus;
  /** Another tab has it: nothing is saved from here. */
  elsewhere: boolean;
  change: (change: Partial<Draft> | ((draft: Draft) => Draft)) => void;
  addFiles: (files: File[], inline?: boolean) => Attachment[];
  removeFile: (key: string) => void;
  uploads: Uploads;
  /** Saves now. True: the server has everything. */
  flush: () => Promise<boolean>;
  /** The draft is sent or thrown away. */
  end: () => Promise<void>;
  /** The content at this moment, saved or not. */
  current: () => Draft;
}

interface Wanted {
  start: Draft;
  userId: string;
  limits: Limits;
  /** It was kept in this browser and is not on the server. */
  unsaved: boolean;
  takeOver: boolean;
}

export function useDraft({ start, userId, limits, unsaved, takeOver }: Wanted): Writing {
  const latest = useRef(start);
  const [draft, setDraft] = useState(start);
  const [status, setStatus] = useState<SaveStatus>({ kind: 'untouched' });
  const [elsewhere, setElsewhere] = useState(false);
  const release = useRef<(() => void) | null>(null);

  const set = useCallback((next: Draft) => {
    latest.current = next;
    setDraft(next);
  }, []);

  const saver = useMemo(
    () =>
      new DraftSaver<Draft>({
        keep: (content) => keepDraft(userId, content),
        forget: () => forgetDraft(userId, start.messageId),
        onStatus: setStatus,
        unsure: unsaved,
        save: async (content, unsure) => {
          // The id of the stored version is what the last save made of it, not what it was when this change was noted.
          const saved = await saveDraft({ ...content, emailId: latest.current.emailId }, unsure);
          const withBlob = (one: Attachment) => ({ ...one, blobId: saved.blobIds.get(one.key) ?? one.blobId });
          set({ ...latest.current, emailId: saved.emailId, attachments: latest.current.attachments.map(withBlob) });
          if (saved.wasGone) {
            toast({
              text: 'This draft was changed or removed elsewhere. Your version is saved beside it.',
              lasts: 9_000,
            });
          }
        },
      }),
    [userId, start.messageId, unsaved, set],
  );

  const change = useCallback<Writing['change']>(
    (wanted) => {
      const next = typeof wanted === 'function' ? wanted(latest.current) : { ...latest.current, ...wanted };
      if (next === latest.current) return;
      set(next);
      saver.changed(next);
    },
    [saver, set],
  );

  const uploads = useMemo(
    () =>
      new Uploads((key, what) => {
        const attachments = latest.current.attachments.map((one) => (one.key === key ? { ...one, ...what } : one));
        const next = { ...latest.current, attachments };
        set(next);
        if (what.state === 'done') saver.changed(next);
      }),
    [saver, set],
  );

  const began = useRef(false);
  useEffect(() => {
    if (began.current) return;
    began.current = true;
    const lost = () => {
      saver.stop();
      setElsewhere(true);
    };
    void claim(start.messageId, lost, takeOver).then((mine) => {
      release.current = mine;
      if (mine === null) lost();
      else if (unsaved) saver.changed(latest.current);
    });
  }, [saver, start.messageId, unsaved, takeOver]);

  useEffect(() => {
    const wake = () => saver.wake();
    window.addEventListener('online', wake);
    return () => window.removeEventListener('online', wake);
  }, [saver]);

  const addFiles = useCallback<Writing['addFiles']>(
    (files, inline = false) => {
      const added: Attachment[] = [];
      for (const file of files) {
        const refusal = refusalOf(file, [...latest.current.attachments, ...added], limits);
        if (refusal) {
          toast({ text: refusal, tone: 'danger', lasts: 9_000 });
          continue;
        }
        const attachment = attachmentFor(file, inline);
        if (attachment.cid) uploads.preview(attachment.cid, file);
        added.push(attachment);
        queueMicrotask(() => void uploads.start(attachment.key, file));
      }
      if (added.length > 0) set({ ...latest.current, attachments: [...latest.current.attachments, ...added] });
      return added;
    },
    [limits, uploads, set],
  );

  const removeFile = useCallback(
    (key: string) => {
      uploads.stop(key);
      change((now) => ({ ...now, attachments: now.attachments.filter((one) => one.key !== key) }));
    },
    [uploads, change],
  );

  return {
    draft,
    status,
    elsewhere,
    change,
    addFiles,
    removeFile,
    uploads,
    flush: () => saver.flush(),
    end: async () => {
      await saver.end();
      uploads.end();
      release.current?.();
    },
    current: () => latest.current,
  };
}

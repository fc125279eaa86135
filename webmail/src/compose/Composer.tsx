// One window for writing: head, recipients, subject, text, files, and the buttons to send, keep or throw away.
import { useQuery } from '@tanstack/react-query';
import { type DragEvent, type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useTimeZone } from '@/account/preferences';
import { jmapSessionQuery, primaryOf, SUBMISSION } from '@/api/jmap/client';
import { downloadPath } from '@/api/jmap/transfer';
import { Button } from '@/ui/Button';
import { classes } from '@/ui/classes';
import { toast, toastError } from '@/ui/Toast';
import { Asking } from './Asking';
import { AttachmentList } from './AttachmentList';
import type { Limits } from './attachments';
import { type Draft, inMode, isEmptyDraft, writtenText } from './draft';
import { forEditor, fromEditor } from './extensions';
import { Foot } from './Foot';
import { Head } from './Head';
import { Heading } from './Heading';
import { keptDrafts } from './kept';
import { discardDraft } from './mail';
import { Quoted } from './Quoted';
import { RichEditor } from './RichEditor';
import { ScheduleDialog } from './ScheduleDialog';
import { sendLater, sendNow } from './sending';
import { startDraft } from './start';
import { useDraft } from './useDraft';
import { type Warning, warningsBeforeSending } from './warnings';
import { type ComposerWindow, openWindow, remember, reshape } from './windows';

interface Props {
  window: ComposerWindow;
  start: Draft;
  userId: string;
  limits: Limits;
  onClosed: () => void;
}

const DAY_SECONDS = 86_400;

export function Composer({ window: frame, start, userId, limits, onClosed }: Props) {
  const writing = useDraft({ start, userId, limits, unsaved: frame.unsaved, takeOver: frame.takeOver });
  const { draft, change } = writing;
  const timeZone = useTimeZone();
  const session = useQuery(jmapSessionQuery).data;
  const [version, setVersion] = useState(0);
  const [asking, setAsking] = useState<{ warnings: Warning[]; at: Date | null } | null>(null);
  const [scheduling, setScheduling] = useState(false);
  const [busy, setBusy] = useState(false);
  const [shows, setShows] = useState({ cc: start.cc.length > 0, bcc: start.bcc.length > 0 });
  const [dropping, setDropping] = useState(false);
  const text = useRef<HTMLTextAreaElement>(null);
  const minimised = frame.shape === 'minimised';
  const begunWithPeople = start.to.length > 0;
  const mostSeconds = Number(
    session?.accounts[primaryOf(session)]?.accountCapabilities[SUBMISSION]?.maxDelayedSend ?? 30 * DAY_SECONDS,
  );

  useEffect(() => remember(frame.id, draft), [frame.id, draft]);

  // Typed text is read once per version; between, the editor is its own master.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` says when to read again
  const html = useMemo(
    () => (draft.mode === 'rich' ? forEditor(draft.body, (cid) => addressOf(cid, writing.current())) : ''),
    [version, draft.mode],
  );

  function addressOf(cid: string, { attachments }: Draft): string | null {
    const preview = writing.uploads.previewOf(cid);
    if (preview) return preview;
    const found = attachments.find((one) => one.cid === cid);
    if (!found?.blobId || !session) return null;
    return downloadPath(session, primaryOf(session), found.blobId, found.name, found.type);
  }

  /** Puts something else into the editor than what was typed. */
  function rewrite(next: (draft: Draft) => Draft) {
    change(next);
    setVersion((before) => before + 1);
  }

  async function close() {
    const now = writing.current();
    if (now.emailId === null && isEmptyDraft(now)) {
      await writing.end();
      return onClosed();
    }
    if (writing.elsewhere) return onClosed();
    const touched = writing.status.kind !== 'untouched';
    if (!(await writing.flush())) {
      reshape(frame.id, 'minimised');
      toast({ text: 'The draft is not saved yet. It stays here until it is.', lasts: 9_000 });
      return;
    }
    await writing.end();
    if (touched) toast({ text: 'Saved in Drafts.', lasts: 3_000 });
    onClosed();
  }

  async function discard() {
    const now = writing.current();
    await writing.end();
    onClosed();
    try {
      await discardDraft(now);
    } catch (failure) {
      return toastError(failure, 'The stored draft could not be removed.');
    }
    if (isEmptyDraft(now)) return;
    const again = { ...now, emailId: null };
    toast({
      text: 'Draft thrown away.',
      action: { label: 'Undo', run: () => void openWindow({ draft: again, unsaved: true }) },
    });
  }

  function send(at: Date | null, sure = false) {
    const now = writing.current();
    const warnings = warningsBeforeSending({ ...now, written: writtenText(now) }).filter(
      ({ blocks }) => blocks || !sure,
    );
    if (warnings.length > 0) return setAsking({ warnings, at });
    void leave(at);
  }

  async function leave(at: Date | null) {
    setAsking(null);
    setBusy(true);
    try {
      if (writing.current().emailId === null) change((now) => ({ ...now })); // a draft nobody typed into is saved first
      if (!(await writing.flush())) throw new Error('The message is not sent: it could not be saved. It is kept here.');
      const finished = writing.current();
      if (at) await sendLater(finished, at, timeZone);
      else await sendNow(finished);
    } catch (failure) {
      setBusy(false);
      return toastError(failure, 'The message could not be sent.');
    }
    await writing.end();
    onClosed();
  }

  /** Another tab wrote on since: its version is opened here, and the other one lets go. */
  async function takeOver() {
    const kept = keptDrafts(userId).find(({ messageId }) => messageId === draft.messageId);
    try {
      const fresh =
        kept ?? (draft.emailId ? await startDraft({ kind: 'draft', accountId: '', emailId: draft.emailId }) : draft);
      onClosed();
      openWindow({ draft: fresh, unsaved: kept !== undefined, takeOver: true });
    } catch (failure) {
      toastError(failure);
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    if (!event.currentTarget.contains(event.target as Node)) return; // of a menu or dialog, which React hands on
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (control && key === 'enter') send(null);
    else if (control && event.shiftKey && key === 'c') setShows((before) => ({ ...before, cc: true }));
    else if (control && event.shiftKey && key === 'b') setShows((before) => ({ ...before, bcc: true }));
    else if (control && !event.shiftKey && key === 's') void writing.flush();
    else if (key === 'escape' && !event.defaultPrevented && !asking && !scheduling) void close();
    else return event.stopPropagation(); // single letters are text here, not the mailbox's shortcuts
    event.preventDefault();
    event.stopPropagation();
  }

  const drop = {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes('Files')) return;
      event.preventDefault();
      setDropping(true);
    },
    onDragLeave: (event: DragEvent) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDropping(false);
    },
    onDrop: (event: DragEvent) => {
      setDropping(false);
      if (event.defaultPrevented || event.dataTransfer.files.length === 0) return;
      event.preventDefault();
      writing.addFiles([...event.dataTransfer.files]);
    },
    onDropCapture: () => setDropping(false),
  };

  const title = draft.subject.trim() || 'New message';
  return (
    <div
      role="dialog"
      aria-label={title}
      className="relative flex min-h-0 flex-1 flex-col"
      onKeyDown={onKeyDown}
      {...drop}
    >
      <Head
        title={title}
        status={writing.status}
        frame={frame}
        onShape={(shape) => reshape(frame.id, shape)}
        onClose={() => void close()}
      />
      <div className={classes('flex min-h-0 flex-1 flex-col', minimised && 'hidden')}>
        {writing.elsewhere ? (
          <p role="alert" className="border-b border-line bg-warning-soft px-4 py-2 text-warning">
            This draft is being written in another tab. What you type here is not saved.
            <Button size="small" look="quiet" onClick={() => void takeOver()}>
              Write here instead
            </Button>
          </p>
        ) : null}
        <Heading writing={writing} shows={shows} onShow={setShows} rewrite={rewrite} focusTo={!begunWithPeople} />
        {draft.mode === 'rich' ? (
          <RichEditor
            html={html}
            version={version}
            autoFocus={begunWithPeople && !minimised}
            onChange={(changed) => change({ body: fromEditor(changed) })}
            onFiles={(files) => void writing.addFiles(files)}
            onPictures={(files) =>
              writing.addFiles(files, true).map(({ cid, name }) => ({
                cid: cid ?? '',
                src: writing.uploads.previewOf(cid ?? '') ?? '',
                alt: name,
              }))
            }
            below={<Quoted draft={draft} onChange={rewrite} addressOf={(cid) => addressOf(cid, draft)} />}
          />
        ) : (
          <div className="flex min-h-0 flex-1 flex-col overflow-y-auto px-4 py-3">
            <textarea
              ref={text}
              aria-label="Message"
              // biome-ignore lint/a11y/noAutofocus: the window was opened to write in it
              autoFocus={begunWithPeople && !minimised}
              value={draft.body}
              onChange={(event) => change({ body: event.target.value })}
              onPaste={(event) => {
                const files = [...event.clipboardData.files];
                if (files.length === 0 || event.clipboardData.types.includes('text/plain')) return;
                event.preventDefault();
                writing.addFiles(files);
              }}
              className="min-h-40 w-full flex-1 resize-none bg-transparent font-mono text-[13px] leading-5 outline-none"
            />
            <Quoted draft={draft} onChange={rewrite} addressOf={(cid) => addressOf(cid, draft)} />
          </div>
        )}
        <AttachmentList
          attachments={draft.attachments}
          onRemove={writing.removeFile}
          onRetry={(key) => writing.uploads.retry(key)}
          canRetry={(key) => writing.uploads.canRetry(key)}
        />
        <Foot
          writing={writing}
          busy={busy}
          onSend={() => send(null)}
          onSchedule={() => setScheduling(true)}
          onDiscard={() => void discard()}
          onMode={(mode) => rewrite((now) => inMode(now, mode))}
        />
      </div>
      {dropping ? (
        <div className="pointer-events-none absolute inset-2 z-40 flex items-center justify-center rounded-lg border-2 border-dashed border-accent bg-surface/90 font-medium">
          Drop files to attach them
        </div>
      ) : null}
      {scheduling ? (
        <ScheduleDialog
          title="Send later"
          action="Schedule"
          mostSeconds={mostSeconds}
          onClose={() => setScheduling(false)}
          onPick={(at) => {
            setScheduling(false);
            send(at);
          }}
        />
      ) : null}
      {asking ? <Asking {...asking} onClose={() => setAsking(null)} onSure={() => send(asking.at, true)} /> : null}
    </div>
  );
}

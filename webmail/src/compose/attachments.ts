// Files on their way into a message: uploads with progress, stop and retry, and the limits the server names.

import { formatBytes } from '@/account/format';
import { jmapSession, MAIL, ownAccount } from '@/api/jmap/client';
import { downloadPath, upload } from '@/api/jmap/transfer';
import type { Id, JmapSession } from '@/api/jmap/types';
import { type Attachment, randomId } from './draft';

export interface Limits {
  perFile: number;
  perMessage: number;
}

/** In octets; without limit where the server names none. */
export function limitsOf(session: JmapSession, accountId: Id): Limits {
  const number = (value: unknown) => (typeof value === 'number' ? value : Number.POSITIVE_INFINITY);
  return {
    perFile: number(session.capabilities['urn:ietf:params:jmap:core']?.maxSizeUpload),
    perMessage: number(session.accounts[accountId]?.accountCapabilities[MAIL]?.maxSizeAttachmentsPerEmail),
  };
}

/** Why a file cannot come along, or null. */
export function refusalOf(
  file: { name: string; size: number },
  present: readonly { size: number }[],
  limits: Limits,
): string | null {
  if (file.size > limits.perFile)
    return `${file.name} has ${formatBytes(file.size)}; a file may have ${formatBytes(limits.perFile)}.`;
  const all = present.reduce((sum, { size }) => sum + size, file.size);
  if (all > limits.perMessage)
    return `With ${file.name} the attachments would have ${formatBytes(all)}; a message may carry ${formatBytes(limits.perMessage)}.`;
  return null;
}

/** The entry of a file before its upload begins. */
export function attachmentFor(file: File, inline: boolean): Attachment {
  const type = file.type || 'application/octet-stream';
  return {
    key: randomId(),
    name: file.name || (type.startsWith('image/') ? `picture.${type.slice(6).replace(/\W.*/, '')}` : 'file'),
    type,
    size: file.size,
    blobId: null,
    cid: inline ? `${randomId()}@mailwright` : null,
    state: 'uploading',
    progress: 0,
  };
}

/** Uploads of one composer. `onChange` brings what changed of an attachment, by its key. */
export class Uploads {
  private readonly running = new Map<string, AbortController>();
  private readonly files = new Map<string, File>();
  private readonly pictures = new Map<string, string>();

  constructor(private readonly onChange: (key: string, change: Partial<Attachment>) => void) {}

  async start(key: string, file: File): Promise<void> {
    const stop = new AbortController();
    this.files.set(key, file);
    this.running.set(key, stop);
    this.onChange(key, { state: 'uploading', progress: 0 });
    try {
      const onProgress = (progress: number) => this.onChange(key, { progress });
      const { blobId, size } = await upload(await ownAccount(), file, { onProgress, signal: stop.signal });
      this.onChange(key, { blobId, size, state: 'done', progress: 1 });
      this.files.delete(key);
    } catch (failure) {
      if (stop.signal.aborted) return;
      this.onChange(key, {
        state: 'failed',
        problem: failure instanceof Error ? failure.message : 'The upload failed.',
      });
    } finally {
      this.running.delete(key);
    }
  }

  canRetry(key: string): boolean {
    return this.files.has(key) && !this.running.has(key);
  }

  retry(key: string): void {
    const file = this.files.get(key);
    if (file) void this.start(key, file);
  }

  stop(key: string): void {
    this.running.get(key)?.abort();
    this.files.delete(key);
  }

  /** An address under which the editor can show a picture that is still on its way. */
  preview(cid: string, file: File): string {
    const address = URL.createObjectURL(file);
    this.pictures.set(cid, address);
    return address;
  }

  previewOf(cid: string): string | undefined {
    return this.pictures.get(cid);
  }

  end(): void {
    for (const stop of this.running.values()) stop.abort();
    const shown = [...this.pictures.values()];
    setTimeout(() => shown.forEach(URL.revokeObjectURL), 1_000); // when the editor that shows them is gone
    this.running.clear();
    this.files.clear();
  }
}

/** Attachments of a message in another account become uploads of one's own: blob ids count in their account only. */
export async function bringAlong(files: Attachment[], accountId: Id): Promise<Attachment[]> {
  const own = await ownAccount();
  if (accountId === own) return files;
  const session = await jmapSession();
  return Promise.all(
    files.map(async (file) => {
      const response = await fetch(downloadPath(session, accountId, file.blobId ?? '', file.name, file.type));
      if (!response.ok) throw new Error(`${file.name} could not be read.`);
      const { blobId } = await upload(own, await response.blob());
      return { ...file, blobId };
    }),
  );
}

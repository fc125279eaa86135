// Files to and from the server: uploads with progress, and the addresses downloads have.
import { ApiError, csrfHeaders } from '../rest';
import { jmapSession, pathOf } from './client';
import type { Id, JmapSession } from './types';

export interface Uploaded {
  accountId: Id;
  blobId: Id;
  type: string;
  size: number;
}

interface UploadOptions {
  /** Called with 0 … 1. */
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

/** RFC 8620 §6.1. Throws ApiError (also `too_large`), or AbortError when told to stop. */
export async function upload(accountId: Id, file: Blob, options: UploadOptions = {}): Promise<Uploaded> {
  const session = await jmapSession();
  const most = session.capabilities['urn:ietf:params:jmap:core']?.maxSizeUpload;
  if (typeof most === 'number' && file.size > most) {
    throw new ApiError(
      413,
      'too_large',
      `The file is larger than the ${Math.floor(most / 1_000_000)} MB the server takes.`,
    );
  }
  const path = pathOf(session.uploadUrl).replace('{accountId}', encodeURIComponent(accountId));
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch cannot tell how much of a body has gone
    request.open('POST', path);
    request.responseType = 'json';
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    for (const [name, value] of Object.entries(csrfHeaders())) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) options.onProgress?.(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response as Uploaded);
      else reject(uploadError(request));
    };
    request.onerror = () => reject(new ApiError(0, 'offline', 'The upload was interrupted. Try again.'));
    request.onabort = () => reject(new DOMException('The upload was stopped.', 'AbortError'));
    options.signal?.addEventListener('abort', () => request.abort(), { once: true });
    if (options.signal?.aborted) request.abort();
    else request.send(file);
  });
}

function uploadError(request: XMLHttpRequest): ApiError {
  const answer = request.response as { error?: { code?: string; message?: string }; detail?: string } | null;
  const text = answer?.error?.message ?? answer?.detail ?? `The upload failed (${request.status}).`;
  return new ApiError(request.status, answer?.error?.code ?? 'upload_failed', text);
}

/** RFC 8620 §6.2: where a blob can be fetched, under `name` and as `type`. */
export function downloadPath(
  session: JmapSession,
  accountId: Id,
  blobId: Id,
  name: string,
  type = 'application/octet-stream',
): string {
  return pathOf(session.downloadUrl)
    .replace('{accountId}', encodeURIComponent(accountId))
    .replace('{blobId}', encodeURIComponent(blobId))
    .replace('{name}', encodeURIComponent(name.replaceAll('/', '_') || 'file'))
    .replace('{type}', encodeURIComponent(type));
}

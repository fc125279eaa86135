// This browser's push subscription: made with the push service, then told to the server (RFC 8620 §7.2, RFC 9749).
// The service worker (public/sw.js) answers the server's verification and shows what comes.
import { call, insist, jmapSession, WEBPUSH } from '@/api/jmap/client';
import type { PushSubscription as Subscribed } from '@/api/jmap/types';
import { ApiError } from '@/api/rest';
import { randomId } from '@/compose/draft';

export type PushState = 'unsupported' | 'denied' | 'off' | 'unverified' | 'on';

const WORKER = '/app/sw.js';
const SCOPE = '/app/';
const DEVICE = 'mailwright.device';
const TYPES = ['EmailDelivery']; // RFC 8621 §1.5: only mail that came in, not every mark somebody sets

export function canPush(): boolean {
  return 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
}

export async function pushState(): Promise<PushState> {
  if (!canPush()) return 'unsupported';
  if (Notification.permission === 'denied') return 'denied';
  const here = await (await navigator.serviceWorker.getRegistration(SCOPE))?.pushManager.getSubscription();
  if (!here) return 'off';
  const mine = (await mySubscriptions())[0];
  if (!mine) return 'off';
  return mine.verificationCode ? 'on' : 'unverified';
}

/** Asks for permission, subscribes, and tells the server where. Throws ApiError with what to say to the person. */
export async function subscribe(): Promise<void> {
  const key = (await jmapSession()).capabilities[WEBPUSH]?.applicationServerKey;
  if (typeof key !== 'string') throw new ApiError(0, 'unsupported', 'This server sends no notifications.');
  if ((await Notification.requestPermission()) !== 'granted') {
    throw new ApiError(0, 'denied', 'The browser was not allowed to show notifications.');
  }
  await navigator.serviceWorker.register(WORKER, { scope: SCOPE });
  const worker = await navigator.serviceWorker.ready;
  await (await worker.pushManager.getSubscription())?.unsubscribe(); // it may be one of another key
  let made: PushSubscription;
  try {
    made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromBase64Url(key) });
  } catch {
    throw new ApiError(0, 'push_failed', 'The browser’s push service could not be reached.');
  }
  const { endpoint, keys } = made.toJSON();
  const old = (await mySubscriptions()).map(({ id }) => id);
  try {
    insist(
      await call('PushSubscription/set', {
        create: {
          it: {
            deviceClientId: deviceId(),
            url: endpoint,
            keys: { p256dh: keys?.p256dh, auth: keys?.auth },
            types: TYPES,
          },
        },
        destroy: old,
      }),
    );
  } catch (failure) {
    await made.unsubscribe();
    throw failure;
  }
}

export async function unsubscribe(): Promise<void> {
  const destroy = (await mySubscriptions()).map(({ id }) => id);
  if (destroy.length > 0) await call('PushSubscription/set', { destroy });
  const worker = await navigator.serviceWorker.getRegistration(SCOPE);
  await (await worker?.pushManager.getSubscription())?.unsubscribe();
}

async function mySubscriptions(): Promise<Subscribed[]> {
  const { list } = await call('PushSubscription/get', { ids: null });
  return list.filter(({ deviceClientId }) => deviceClientId === deviceId());
}

/** RFC 8620 §7.2: tells this browser's subscriptions from those of one's other devices. */
function deviceId(): string {
  const kept = localStorage.getItem(DEVICE);
  if (kept) return kept;
  const made = randomId();
  localStorage.setItem(DEVICE, made);
  return made;
}

/** RFC 7515 §2. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
}

// Being told of changes: a WebSocket (RFC 8887), or an EventSource (RFC 8620 §7.3) where there is none. It reconnects by itself.
import { api } from '../rest';
import { jmapSession, pathOf, WEBSOCKET } from './client';
import type { StateChanges } from './types';

export type PushState = 'connecting' | 'live' | 'offline';

interface Listener {
  onChange: (changed: StateChanges) => void;
  onState: (state: PushState) => void;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
const STEADY_MS = 10_000; // a channel that lived as long works
const SOCKET_TRIES = 2; // then the EventSource is tried: a proxy may not let sockets through
const PING_SECONDS = 60;

/** Listens until the function returned is called. After a gap `onState('live')` tells to look what was missed. */
export function listen(listener: Listener): () => void {
  let stopped = false;
  let close: (() => void) | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let since = 0;

  const opened = () => {
    since = Date.now();
    listener.onState('live');
  };
  const lost = () => {
    close = null;
    if (stopped) return;
    failures = since && Date.now() - since >= STEADY_MS ? 1 : failures + 1;
    since = 0;
    listener.onState(failures > SOCKET_TRIES ? 'offline' : 'connecting');
    timer = setTimeout(connect, waitAfter(failures));
  };
  const connect = async () => {
    clearTimeout(timer);
    try {
      // Before coming back: whether the session is still there. Who is signed out is sent to sign in by this.
      if (failures > 0) await api.get('/api/session');
      const session = await jmapSession();
      if (stopped) return;
      const socket = session.capabilities[WEBSOCKET];
      const usable = typeof socket?.url === 'string' && socket.supportsPush === true;
      const wanted = { onChange: listener.onChange, opened, lost };
      close =
        usable && failures % (SOCKET_TRIES + 1) < SOCKET_TRIES
          ? openSocket(pathOf(String(socket.url)), wanted)
          : openEvents(pathOf(session.eventSourceUrl), wanted);
    } catch {
      lost();
    }
  };
  const hurry = () => {
    if (!stopped && close === null) void connect();
  };
  window.addEventListener('online', hurry);
  void connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    window.removeEventListener('online', hurry);
    close?.();
  };
}

export function waitAfter(failures: number, random: () => number = Math.random): number {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
  return longest * (0.5 + random() / 2); // not all clients at once after a restart
}

interface Wanted {
  onChange: (changed: StateChanges) => void;
  opened: () => void;
  lost: () => void;
}

function openSocket(path: string, { onChange, opened, lost }: Wanted): () => void {
  const socket = new WebSocket(new URL(path, window.location.href.replace(/^http/, 'ws')), 'jmap');
  let over = false;
  socket.onopen = () => {
    // RFC 8887 §4.3.5.2
    socket.send(JSON.stringify({ '@type': 'WebSocketPushEnable', dataTypes: ['Email', 'Mailbox', 'Thread'] }));
    opened();
  };
  socket.onmessage = (event: MessageEvent<string>) => {
    const told = JSON.parse(event.data) as { '@type'?: string; changed?: StateChanges };
    if (told['@type'] === 'StateChange' && told.changed) onChange(told.changed);
  };
  socket.onclose = () => {
    if (!over) lost();
  };
  return () => {
    over = true;
    socket.close();
  };
}

function openEvents(template: string, { onChange, opened, lost }: Wanted): () => void {
  const path = template.replace('{types}', '*').replace('{closeafter}', 'no').replace('{ping}', String(PING_SECONDS));
  const events = new EventSource(path);
  events.onopen = opened;
  events.addEventListener('state', (event: MessageEvent<string>) => {
    const told = JSON.parse(event.data) as { changed?: StateChanges };
    if (told.changed) onChange(told.changed);
  });
  events.onerror = () => {
    events.close();
    lost();
  };
  return () => events.close();
}

// The service worker: answers the server's verification of a push subscription, and tells of new mail.
// It keeps no pages and no mail; what it shows it asks the server for at that moment.

const MAIL = 'urn:ietf:params:jmap:mail';
const CORE = 'urn:ietf:params:jmap:core';
const SHOWN_AT_ONCE = 3;

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('push', (event) => {
  event.waitUntil(received(event.data ? event.data.json() : {}));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.path ?? '/app/mail/inbox'));
});

async function received(message) {
  if (message['@type'] === 'PushVerification') {
    await verify(message.pushSubscriptionId, message.verificationCode);
    return;
  }
  const windows = await self.clients.matchAll({ type: 'window' });
  // Who is looking at the mail sees it arrive; browsers then ask for no notification.
  if (windows.some((client) => client.focused)) return;
  const mail = await newMail().catch(() => []);
  if (mail.length === 0) {
    await self.registration.showNotification('New mail', { icon: '/app/icon.svg', tag: 'new-mail' });
    return;
  }
  for (const email of mail) {
    const from = email.from?.[0];
    await self.registration.showNotification(from?.name || from?.email || 'New mail', {
      body: [email.subject, email.preview].filter(Boolean).join('\n').slice(0, 200),
      icon: '/app/icon.svg',
      tag: email.id,
      timestamp: Date.parse(email.receivedAt),
      data: { path: `/app/mail/inbox/${encodeURIComponent(email.threadId)}` },
    });
  }
}

/** RFC 8620 §7.2.2: the code shows the server that it was this browser that asked to be told. */
async function verify(id, verificationCode) {
  await jmap([CORE], [['PushSubscription/set', { update: { [id]: { verificationCode } } }, '0']]);
}

/** The newest unread mail of the inbox that has not been told of, newest last. */
async function newMail() {
  const session = await (await fetch('/jmap/session', { credentials: 'same-origin' })).json();
  const accountId = session.primaryAccounts[MAIL];
  const [[, mailboxes]] = await jmap([CORE, MAIL], [['Mailbox/get', { accountId, properties: ['id', 'role'] }, '0']]);
  const inMailbox = mailboxes.list.find((mailbox) => mailbox.role === 'inbox')?.id;
  const responses = await jmap(
    [CORE, MAIL],
    [
      [
        'Email/query',
        {
          accountId,
          filter: {
            inMailbox,
            notKeyword: '$seen',
            after: new Date(Date.now() - 10 * 60_000).toISOString().replace(/\.\d+Z$/, 'Z'),
          },
          sort: [{ property: 'receivedAt', isAscending: false }],
          limit: SHOWN_AT_ONCE,
        },
        '0',
      ],
      [
        'Email/get',
        {
          accountId,
          '#ids': { resultOf: '0', name: 'Email/query', path: '/ids' },
          properties: ['id', 'threadId', 'from', 'subject', 'preview', 'receivedAt'],
        },
        '1',
      ],
    ],
  );
  const shown = new Set((await self.registration.getNotifications()).map((one) => one.tag));
  return responses[1][1].list.filter((email) => !shown.has(email.id)).reverse();
}

async function jmap(using, methodCalls) {
  const { csrf } = await (await fetch('/api/session', { credentials: 'same-origin' })).json();
  const response = await fetch('/jmap', {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
    body: JSON.stringify({ using, methodCalls }),
  });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return (await response.json()).methodResponses;
}

async function open(path) {
  const [client] = await self.clients.matchAll({ type: 'window' });
  if (!client) return self.clients.openWindow(path);
  await client.navigate(path).catch(() => undefined);
  return client.focus();
}

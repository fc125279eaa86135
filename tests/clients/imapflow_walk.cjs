// A walk with imapflow, by two sessions of one person. Called by test_imapflow.py with one JSON argument:
// {package, host, port, user, password}; prints what it saw as JSON, for the test to compare.

const told = JSON.parse(process.argv[2])
const { ImapFlow } = require(told.package)

const SOON = 5000 // milliseconds until we stop to wait; the test looks at what was measured

function client(options) {
  return new ImapFlow({
    host: told.host,
    port: told.port,
    secure: true,
    auth: { user: told.user, pass: told.password },
    tls: { rejectUnauthorized: false },
    logger: false,
    ...options,
  })
}

function once(emitter, event, wanted) {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event}`)), SOON)
    emitter.on(event, (data) => {
      if (wanted(data)) {
        clearTimeout(timer)
        resolve(performance.now() - began)
      }
    })
  })
}

function letter(subject) {
  const head = `From: Chen <chen@example.org>\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.org>\r\n`
  const type = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n'
  const parts = '--x\r\n\r\nHello\r\n--x\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n'
  return Buffer.from(`${head}${type}\r\n${parts}Content-Disposition: attachment\r\n\r\niVBORw0KGgo=\r\n--x--\r\n`)
}

async function all(iterator) {
  const found = []
  for await (const each of iterator) found.push(each)
  return found
}

async function main() {
  const seen = {}
  const first = client({ qresync: true })
  await first.connect()
  seen.enabled = [...first.enabled].sort()
  const made = await first.mailboxCreate('Größe/Mai')
  seen.created = [made.path, made.created]
  seen.mailboxes = (await first.list()).map((each) => [each.path, each.specialUse || ''])
  for (const number of [1, 2, 3, 4]) {
    const flags = number % 2 ? ['\\Seen', '$Work'] : []
    const appended = await first.append('Größe/Mai', letter(`Number-${number}`), flags, new Date(Date.UTC(2026, 6, number)))
    seen.appended = [appended.uid, String(appended.seq ?? '')]
  }
  const status = await first.status('Größe/Mai', { messages: true, unseen: true, uidNext: true, highestModseq: true })
  seen.status = [status.messages, status.unseen, status.uidNext]
  await first.mailboxOpen('Größe/Mai')
  seen.search = [
    await first.search({ seen: false }, { uid: true }),
    await first.search({ subject: 'number-3' }, { uid: true }),
    await first.search({ since: new Date(Date.UTC(2026, 6, 3)), keyword: '$Work' }, { uid: true }),
    await first.search({ or: [{ from: 'nobody' }, { body: 'Hello' }] }, { uid: true }),
  ]
  const everything = { uid: true, flags: true, envelope: true, bodyStructure: true, internalDate: true, size: true, threadId: true }
  seen.fetched = (await all(first.fetch('1:*', everything))).map((each) => [
    each.uid,
    [...each.flags].sort(),
    each.envelope.subject,
    each.bodyStructure.childNodes.map((part) => part.type),
    new Date(each.internalDate).toISOString(),
    each.size,
    Boolean(each.emailId),
  ])
  const source = await first.fetchOne('2', { source: true }, { uid: true })
  seen.source = source.source.equals(letter('Number-2'))
  const part = await first.download('2', '2', { uid: true })
  const pieces = []
  for await (const piece of part.content) pieces.push(piece)
  seen.attachment = [part.meta.contentType, Buffer.concat(pieces).toString('hex')]
  const known = { uidValidity: first.mailbox.uidValidity, modseq: first.mailbox.highestModseq }

  // What the other does is told while this one is idle.
  const second = client({ disableAutoIdle: true, qresync: true })
  await second.connect()
  await second.mailboxOpen('Größe/Mai')
  first.idle()
  await new Promise((resolve) => setTimeout(resolve, 100))
  const told_of = []
  let wait = once(first, 'exists', (data) => data.count === 5)
  await second.append('Größe/Mai', letter('Number-5'))
  told_of.push(await wait)
  wait = once(first, 'flags', (data) => data.flags.has('\\Flagged'))
  await second.messageFlagsAdd('1', ['\\Flagged'], { uid: true })
  told_of.push(await wait)
  wait = once(first, 'expunge', (data) => data.uid === 2)
  await second.messageDelete('2', { uid: true })
  told_of.push(await wait)
  wait = once(first, 'expunge', (data) => data.uid === 3)
  const moved = await second.messageMove('3', 'Archive', { uid: true })
  told_of.push(await wait)
  seen.moved = [moved.destination, [...moved.uidMap]]
  seen.slowest = Math.max(...told_of)
  await first.logout()

  // Somebody who was away asks what happened since.
  const third = client({ qresync: true, disableAutoIdle: true })
  await third.connect()
  const vanished = []
  const flags = []
  third.on('expunge', (data) => vanished.push(data.uid))
  third.on('flags', (data) => flags.push([data.uid, [...data.flags].sort()]))
  await third.mailboxOpen('Größe/Mai', { changedSince: known.modseq, uidValidity: known.uidValidity })
  const changed = await all(third.fetch('1:*', { uid: true, flags: true }, { uid: true, changedSince: known.modseq }))
  seen.resync = {
    vanished: [...new Set(vanished)].sort(),
    flags: flags.map((each) => each[0]),
    changed: changed.map((each) => [each.uid, [...each.flags].sort(), Number(each.modseq) > Number(known.modseq)]),
  }
  await third.mailboxClose()
  await third.mailboxRename('Größe/Mai', 'Größe/Juni')
  seen.quota = Boolean(await third.getQuota('INBOX'))
  await third.mailboxDelete('Größe/Juni')
  seen.left = (await third.list()).map((each) => each.path)
  await third.logout()
  await second.logout()
  console.log(JSON.stringify(seen))
}

main().catch((error) => {
  console.error(error, error.responseText)
  process.exit(1)
})

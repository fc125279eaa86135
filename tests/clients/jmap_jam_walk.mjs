// A walk with jmap-jam and, for its event source, the package eventsource. Called by test_jmap_clients.py with one JSON argument:
// {package, events, session, authorization, email}; prints what it saw as JSON, for the test to compare.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const told = JSON.parse(process.argv[2])
const { JamClient } = await import(pathToFileURL(join(told.package, 'dist/index.js')))
const { EventSource } = await import(pathToFileURL(join(told.events, 'dist/index.js')))

const WAIT = 20_000 // milliseconds until we stop to wait; the test looks at what was measured
const FILE = { name: 'Größe & Mai.txt', type: 'text/plain;charset=utf-8', text: 'Öl, 5 Liter\n' }

// Jam signs in with a bearer token alone, at once; its fields let a program say something else, and ask for nothing before.
class Jam extends JamClient {
  constructor(sessionUrl, authorization) {
    super({ sessionUrl: 'data:application/json,{}', bearerToken: '' })
    this.authHeader = authorization
    this.session = JamClient.loadSession(sessionUrl, authorization)
  }
}

// What Jam takes from a browser, where a cookie says who one is.
globalThis.EventSource = class extends EventSource {
  constructor(url) {
    const headers = { Authorization: told.authorization }
    super(url, { fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers } }) })
  }
}

// The events of one source, in order: `next` waits for the one that is wanted and passes over others.
function listen(source) {
  const heard = []
  let wake = () => {}
  source.addEventListener('state', (event) => {
    heard.push({ at: performance.now(), id: event.lastEventId, ...JSON.parse(event.data) })
    wake()
  })
  return async (wanted) => {
    const ends = performance.now() + WAIT
    for (;;) {
      while (heard.length) {
        const event = heard.shift()
        if (wanted(event)) return event
      }
      const left = ends - performance.now()
      if (left <= 0) throw new Error('no event')
      await new Promise((resolve) => {
        wake = resolve
        setTimeout(resolve, left).unref()
      })
    }
  }
}

async function refusal(promise) {
  try {
    await promise
    return null
  } catch (error) {
    return error
  }
}

async function main() {
  const seen = {}
  const jam = new Jam(told.session, told.authorization)
  const refused = await new JamClient({ sessionUrl: told.session, bearerToken: 'none' }).session
  seen.refused = [refused.error.code, 'apiUrl' in refused]
  const session = await jam.session
  const accountId = await jam.getPrimaryAccount()
  seen.session = [session.username, session.accounts[accountId].isPersonal, 'urn:ietf:params:jmap:mail' in session.capabilities]

  // Mailboxes, and what is in the first one, by a reference.
  const [mailboxes] = await jam.api.Mailbox.get({ accountId })
  const byRole = Object.fromEntries(mailboxes.list.map((each) => [each.role, each.id]))
  seen.mailboxes = mailboxes.list.map((each) => [each.role, each.totalEmails, each.unreadEmails])
  const [read] = await jam.requestMany((t) => {
    const found = t.Email.query({ accountId, filter: { inMailbox: byRole.inbox }, sort: [{ property: 'receivedAt' }] })
    const emails = t.Email.get({
      accountId,
      ids: found.$ref('/ids'),
      properties: ['id', 'threadId', 'subject', 'from', 'keywords', 'hasAttachment', 'textBody', 'bodyValues', 'attachments'],
      fetchTextBodyValues: true,
    })
    const threads = t.Thread.get({ accountId, ids: emails.$ref('/list/*/threadId') })
    return { found, emails, threads }
  })
  const [letter] = read.emails.list
  seen.read = [
    read.found.ids.length,
    letter.subject,
    letter.from,
    letter.bodyValues[letter.textBody[0].partId].value,
    letter.hasAttachment,
    letter.keywords,
    read.threads.list[0].emailIds.length,
  ]
  const [picture] = letter.attachments
  const part = await jam.downloadBlob({ accountId, blobId: picture.blobId, mimeType: picture.type, fileName: picture.name })
  seen.attachment = [picture.name, part.headers.get('content-type'), Buffer.from(await part.arrayBuffer()).toString('hex')]
  const [snippets] = await jam.api.SearchSnippet.get({ accountId, filter: { text: 'ledger' }, emailIds: [letter.id] })
  seen.snippet = snippets.list[0].preview

  // Marked and moved; who knew the state before is told of it.
  const [before] = await jam.api.Email.get({ accountId, ids: [] })
  const [marked] = await jam.api.Email.set({
    accountId,
    ifInState: before.state,
    update: { [letter.id]: { 'keywords/$seen': true, 'keywords/$flagged': true, mailboxIds: { [byRole.archive]: true } } },
  })
  seen.marked = Object.keys(marked.updated).length
  const [changes] = await jam.api.Email.changes({ accountId, sinceState: before.state })
  seen.changed = [changes.created, changes.updated.map((id) => id === letter.id), changes.destroyed]
  const [moved] = await jam.api.Email.get({ accountId, ids: changes.updated, properties: ['keywords', 'mailboxIds'] })
  seen.moved = [moved.list[0].keywords, Object.keys(moved.list[0].mailboxIds).map((id) => id === byRole.archive)]
  const stale = await refusal(jam.api.Email.set({ accountId, ifInState: before.state, destroy: [letter.id] }))
  seen.stale = stale.type

  // A file, a draft with it, and the draft sent to oneself, while an event source listens.
  const uploaded = await jam.uploadBlob(accountId, new Blob([FILE.text], { type: FILE.type }))
  seen.uploaded = [uploaded.type, uploaded.size, uploaded.accountId === accountId]
  const down = await jam.downloadBlob({ accountId, blobId: uploaded.blobId, mimeType: FILE.type, fileName: FILE.name })
  seen.downloaded = [await down.text(), down.headers.get('content-type'), down.headers.get('content-disposition')]
  const linked = await jam.downloadBlob({ accountId, blobId: uploaded.blobId, mimeType: 'application/ld+json', fileName: 'x' })
  seen.linked = linked.headers.get('content-type')
  const [drafted] = await jam.api.Email.set({
    accountId,
    create: {
      draft: {
        mailboxIds: { [byRole.drafts]: true },
        keywords: { $draft: true, $seen: true },
        from: [{ email: told.email }],
        to: [{ email: told.email, name: 'Myself' }],
        subject: 'Größe & Öl',
        textBody: [{ partId: 'text', type: 'text/plain' }],
        bodyValues: { text: { value: 'As said.\n' } },
        attachments: [{ blobId: uploaded.blobId, name: FILE.name, type: 'text/plain' }],
      },
    },
  })
  const draftId = drafted.created.draft.id
  const source = await jam.connectEventSource({ types: '*', ping: 30 })
  const next = listen(source)
  await new Promise((resolve, reject) => {
    source.onopen = resolve
    source.onerror = reject
  })
  const [identities] = await jam.api.Identity.get({ accountId })
  const began = performance.now()
  const [sent] = await jam.api.EmailSubmission.set({
    accountId,
    create: { sending: { emailId: draftId, identityId: identities.list[0].id } },
    onSuccessUpdateEmail: { '#sending': { mailboxIds: { [byRole.sent]: true }, 'keywords/$draft': null } },
  })
  seen.sent = [sent.notCreated, Boolean(sent.created.sending.id)]
  const event = await next((each) => 'EmailDelivery' in (each.changed[accountId] ?? {}))
  seen.event = [event['@type'], Object.keys(event.changed).map((id) => id === accountId), Boolean(event.id)]
  seen.told = event.at - began
  const [news] = await jam.requestMany((t) => {
    const since = t.Email.changes({ accountId, sinceState: drafted.newState })
    const created = t.Email.get({
      accountId,
      ids: since.$ref('/created'),
      properties: ['id', 'subject', 'mailboxIds', 'attachments', 'textBody', 'bodyValues'],
      fetchTextBodyValues: true,
    })
    return { since, created }
  })
  const arrived = news.created.list.find((each) => byRole.inbox in each.mailboxIds)
  seen.arrived = [
    arrived.subject,
    arrived.bodyValues[arrived.textBody[0].partId].value,
    arrived.attachments.map((each) => [each.name, each.type, each.size]),
    news.since.updated.map((id) => id === draftId),
  ]
  const [filed] = await jam.api.Email.get({ accountId, ids: [draftId], properties: ['mailboxIds', 'keywords'] })
  seen.filed = [Object.keys(filed.list[0].mailboxIds).map((id) => id === byRole.sent), filed.list[0].keywords]
  const [counted] = await jam.api.Mailbox.changes({ accountId, sinceState: mailboxes.state })
  seen.counted = [byRole.inbox, byRole.archive, byRole.sent].map((id) => counted.updated.includes(id))
  source.close()

  // An event source that ends with each event, and comes back by itself: what happened between is told then.
  const short = await jam.connectEventSource({ types: ['Mailbox'], ping: 0, closeafter: 'state' })
  const after = listen(short)
  await new Promise((resolve) => (short.onopen = resolve))
  const ended = new Promise((resolve) => (short.onerror = resolve))
  const [work] = await jam.api.Mailbox.set({ accountId, create: { work: { name: 'Größe' } } })
  await after((each) => each.changed[accountId])
  await ended
  const [renamed] = await jam.api.Mailbox.set({ accountId, update: { [work.created.work.id]: { name: 'Öl' } } })
  const later = await after((each) => each.changed[accountId]?.Mailbox === renamed.newState)
  seen.later = Object.keys(later.changed[accountId])
  short.close()

  const [gone] = await jam.api.Email.set({ accountId, destroy: [arrived.id] })
  const [left] = await jam.api.Email.changes({ accountId, sinceState: gone.oldState })
  seen.destroyed = left.destroyed.map((id) => id === arrived.id)
  const wrong = await refusal(jam.api.Mailbox.get({ accountId: 'nobody' }))
  seen.wrong = [wrong.type, JamClient.isProblemDetails(wrong)]
  console.log(JSON.stringify(seen))
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})

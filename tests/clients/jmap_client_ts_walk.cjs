// A walk with jmap-client-ts, the client of Linagora's programs. Called by test_jmap_clients.py with one JSON argument:
// {package, session, authorization, email}; prints what it saw as JSON, for the test to compare.

const { join } = require('node:path')

const told = JSON.parse(process.argv[2])
const { Client } = require(told.package)
const { FetchTransport } = require(join(told.package, 'lib/utils/fetch-transport.js'))

const WAIT = 20_000 // milliseconds until we stop to wait
const LOOK = 50 // milliseconds between two looks

function client(headers) {
  const transport = new FetchTransport((url, init) => fetch(url, init))
  return new Client({ sessionUrl: told.session, accessToken: 'none', transport, httpHeaders: headers })
}

async function main() {
  const seen = {}
  const untyped = client({ Authorization: told.authorization })
  await untyped.fetchSession()
  seen.untyped = await untyped.mailbox_get({ accountId: null, ids: null }).catch((error) => error.message)
  seen.bearer = await client({}).fetchSession().catch((error) => error.message)

  // Its transport by fetch names no type for what it sends; a program does with the headers it may add.
  const jmap = client({ Authorization: told.authorization, 'Content-Type': 'application/json' })
  await jmap.fetchSession()
  const accountId = jmap.getFirstAccountId()
  const session = jmap.getSession()
  seen.session = [session.username, jmap.getAccountIds().length, session.accounts[accountId].isPersonal]

  const mailboxes = await jmap.mailbox_get({ accountId: null, ids: null })
  const byRole = Object.fromEntries(mailboxes.list.map((each) => [each.role, each.id]))
  seen.mailboxes = [mailboxes.list.map((each) => each.role), mailboxes.accountId === accountId]
  const found = await jmap.email_query({ accountId, filter: { inMailbox: byRole.inbox } })
  const read = await jmap.email_get({
    accountId,
    ids: found.ids,
    properties: ['subject', 'from', 'preview', 'textBody', 'bodyValues', 'attachments', 'headers'],
    bodyProperties: ['partId', 'name', 'type', 'size'],
    fetchTextBodyValues: true,
  })
  const [letter] = read.list
  seen.read = [
    letter.subject,
    letter.from[0].email,
    letter.bodyValues[letter.textBody[0].partId].value,
    letter.attachments.map((each) => [each.name, each.type, each.size]),
    letter.headers.some((each) => each.name === 'Message-ID'),
  ]

  const update = { [letter.id]: { 'keywords/$seen': true, mailboxIds: { [byRole.archive]: true } } }
  await jmap.email_set({ accountId, update })
  const changed = await jmap.email_changes({ accountId, sinceState: read.state })
  seen.changed = [changed.created, changed.updated.map((id) => id === letter.id), changed.destroyed]

  const drafted = await jmap.email_set({
    accountId,
    create: {
      draft: {
        mailboxIds: { [byRole.drafts]: true },
        keywords: { $draft: true },
        from: [{ name: 'Me', email: told.email }],
        to: [{ name: 'Myself', email: told.email }],
        subject: 'From a draft',
        htmlBody: [{ partId: 'html', type: 'text/html' }],
        bodyValues: { html: { value: '<p>As <b>said</b>', isEncodingProblem: false, isTruncated: false } },
      },
    },
  })
  // It has no method for identities, but one for whatever it has no method for.
  const identities = await jmap.request('Identity/get', { accountId, ids: null })
  const submitted = await jmap.emailSubmission_set({
    accountId,
    create: {
      sending: {
        emailId: drafted.created.draft.id,
        identityId: identities.list[0].id,
        envelope: { mailFrom: { email: told.email, parameters: null }, rcptTo: [{ email: told.email, parameters: null }] },
      },
    },
    onSuccessUpdateEmail: { '#sending': { mailboxIds: { [byRole.sent]: true }, 'keywords/$draft': null } },
  })
  const ends = Date.now() + WAIT
  let arrived = []
  while (!arrived.length && Date.now() < ends) {
    await new Promise((resolve) => setTimeout(resolve, LOOK))
    const created = (await jmap.email_changes({ accountId, sinceState: drafted.newState })).created
    const got = await jmap.email_get({ accountId, ids: created, properties: ['mailboxIds', 'subject', 'preview'] })
    arrived = got.list.filter((each) => byRole.inbox in each.mailboxIds)
  }
  seen.arrived = arrived.map((each) => [each.subject, each.preview])
  const submission = await jmap.emailSubmission_get({ accountId, ids: [submitted.created.sending.id] })
  seen.submission = submission.list.map((each) => [each.undoStatus, Object.values(each.deliveryStatus)[0].delivered])
  const since = await jmap.emailSubmission_changes({ accountId, sinceState: drafted.newState })
  seen.submissions = since.created.length

  const made = await jmap.mailbox_set({ accountId, create: { work: { name: 'Größe', parentId: byRole.archive } } })
  await jmap.mailbox_set({ accountId, update: { [made.created.work.id]: { name: 'Öl' } } })
  await jmap.mailbox_set({ accountId, destroy: [made.created.work.id] })
  const folders = await jmap.mailbox_changes({ accountId, sinceState: mailboxes.state })
  seen.folders = [folders.created, folders.destroyed.map((id) => id === made.created.work.id), folders.updated.includes(byRole.inbox)]
  await jmap.email_set({ accountId, destroy: found.ids })
  seen.wrong = await jmap.email_changes({ accountId, sinceState: 'yesterday' }).catch((error) => error.type)
  console.log(JSON.stringify(seen))
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})

"""Event streams in Valkey: copies of parts of the log, which any number of processes read without asking the database.

Fed by pipeline/relay.py; read by pipeline/streamed.py and pipeline/fanout.py. One key a stream, `<prefix>:<life>:stream:<name>`: places
of one life of the database (`lives`) mean nothing in another. Who writes keeps a stream for KEPT_SECONDS; those of other lives end so.
The id of an entry is the event's place in the log (`<tx>-<id>`). The stream's own last id says how far the log is copied, also where
it has nothing for this stream (XSETID), and its max-deleted-entry-id from where on: between the two the copy has no gap. Both live in
the one key, so they are lost with it or not at all; every change of them is one Lua script.
Promises: `append` happens only where the stream ends where the caller thinks it does, so that any number of relays write each event
once; `read` never passes over a gap. Raises ValkeyAway.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from mailwright.domain.clock import Instant
from mailwright.domain.events import Event
from mailwright.storage.database import Mark
from mailwright.storage.valkey import BLOCK_SECONDS, Valkey, ValkeyAway

RELAYED = ("mail_ingest", "index", "notify", "retention")
"""The streams that are copied: those that grow with the mail. The others grow with what people and agents do, a few events an hour
each; asking the log for them costs less than a copy would."""

DEAD_KEPT = 10_000  # entries of a dead-letter stream; the table has all of them
DEAD_KEPT_SECONDS = 30 * 86_400
KEPT_SECONDS = 86_400  # a stream that no relay has touched for so long is gone; it would be filled again from the log
_EVENT = "event"
_FIELDS = frozenset(each.name for each in fields(Event))

# Numbers of 64 bits do not fit into Lua's: places are compared as text.
_LUA = """
local function parts(place) return string.match(place, '^(%d+)-(%d+)$') end
local function below(a, b) if #a ~= #b then return #a < #b end return a < b end
local function before(a, b)
  local at, ai = parts(a)
  local bt, bi = parts(b)
  if at ~= bt then return below(at, bt) end
  return below(ai, bi)
end
local function pairs_of(flat)
  local found = {}
  for i = 1, #flat, 2 do found[flat[i]] = flat[i + 1] end
  return found
end
local function info() return pairs_of(redis.call('XINFO', 'STREAM', KEYS[1])) end
local function group(name)
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local found = pairs_of(flat)
    if found['name'] == name then return found end
  end
  return nil
end
if redis.call('EXISTS', KEYS[1]) == 0 then return ABSENT end
"""


def _script(body: str, *, absent: str = "''") -> str:
    return _LUA.replace("ABSENT", absent) + body


_BEGIN = """
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('XGROUP', 'CREATE', KEYS[1], '-', '0', 'MKSTREAM')
redis.call('XGROUP', 'DESTROY', KEYS[1], '-')
redis.call('XSETID', KEYS[1], ARGV[1], 'ENTRIESADDED', '0', 'MAXDELETEDID', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
"""
_APPEND = _script("""
local last = info()['last-generated-id']
if last ~= ARGV[1] then return last end
for i = 3, #ARGV, 2 do redis.call('XADD', KEYS[1], ARGV[i], 'event', ARGV[i + 1]) end
if before(ARGV[1], ARGV[2]) then redis.call('XSETID', KEYS[1], ARGV[2]) end
return ARGV[2]
""")
_READ = _script(
    """
local now = info()
if before(ARGV[1], now['max-deleted-entry-id']) then return false end
return {now['last-generated-id'], redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])}
""",
    absent="false",
)
_STANDING = _script("""
local now = info()
local newest = now['last-entry'] or {'', {'', ''}}
return {now['last-generated-id'], newest[1], newest[2][2]}
""")
_JOIN = _script("""
local known = group(ARGV[1])
if before(ARGV[2], info()['max-deleted-entry-id']) then return 'behind' end
if known then
  if before(known['last-delivered-id'], ARGV[2]) then redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], ARGV[2]) end
  return 'joined'
end
redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], ARGV[2])
return 'joined'
""")
_FOLLOW = _script("""
local known = group(ARGV[1])
if not known then redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], ARGV[2])
elseif known['last-delivered-id'] ~= ARGV[2] then redis.call('XGROUP', 'SETID', KEYS[1], ARGV[1], ARGV[2]) end
return 'joined'
""")
_SETTLED = _script("""
local known = group(ARGV[1])
if not known then return '' end
local now = info()
local pending = redis.call('XPENDING', KEYS[1], ARGV[1])
local newest = now['last-entry'] and now['last-entry'][1] or '0-0'
return {tostring(pending[1]), pending[2] or '', known['last-delivered-id'], newest, now['last-generated-id']}
""")
_TRIM = _script("""
local now = info()
if before(now['last-generated-id'], ARGV[1]) then return 0 end
local gone = redis.call('XTRIM', KEYS[1], 'MINID', ARGV[2])
if before(now['max-deleted-entry-id'], ARGV[1]) then
  redis.call('XSETID', KEYS[1], now['last-generated-id'], 'MAXDELETEDID', ARGV[1])
end
return gone
""")
_LEAVE = _script("""
for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local one = pairs_of(flat)
  if one['name'] == ARGV[2] and one['pending'] == 0 then redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2]) end
end
return 1
""")
_TURN = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a stream has after a place: events with their places, and the place up to which nothing else is to be read."""

    events: tuple[tuple[Mark, Event], ...]
    end: Mark


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a copy goes, and its newest entry: where it stands, and when the event was written."""

    end: Mark
    newest: tuple[Mark, Instant] | None


@dataclass(frozen=True, slots=True)
class Settled:
    """How far a group is: everything up to `mark` is acknowledged; `pending` entries behind it are in somebody's hands."""

    mark: Mark
    pending: int


@dataclass(frozen=True, slots=True)
class Pending:
    """An entry in somebody's hands: whose, for how many seconds, and how often it was handed out."""

    mark: Mark
    consumer: str
    idle: float
    deliveries: int


class Streams:
    """The streams of one life of the database. Until somebody says of which (`of`) there are none: everything raises ValkeyAway."""

    def __init__(self, valkey: Valkey, life: str = "") -> None:
        self.valkey = valkey
        self.life = life
        self._scripts: dict[str, Any] = {}

    def of(self, life: str) -> Streams:
        """Those of a life."""
        return self if life == self.life else Streams(self.valkey, life)

    # --- the relay's half -------------------------------------------------------------------------------------------

    async def turn(self, owner: str, seconds: float) -> bool:
        """Whether `owner` is the relay that works for the next seconds; the others stand by. (For thrift, not for safety.)"""
        return bool(await self._run(_TURN, self._named("relay"), owner, int(seconds * 1000)))

    async def lasts(self) -> dict[str, Mark | None]:
        """Where each stream ends; None where there is none."""
        return {name: await self.last(name) for name in RELAYED}

    async def last(self, name: str) -> Mark | None:
        """Where a stream ends; None when there is none."""
        found = await self._run(_script("return info()['last-generated-id']"), self._key(name))
        return _mark(found) if found else None

    async def standing(self, name: str) -> Standing | None:
        """What tells whether a stream is a copy of this log; None when there is none."""
        found = await self._run(_STANDING, self._key(name))
        if not found:
            return None
        newest = None if not found[1] else (_mark(found[1]), int(json.loads(found[2])["created_at"]))
        return Standing(_mark(found[0]), newest)

    async def begin(self, name: str, after: Mark) -> bool:
        """Make a stream that is complete from a place on; False when there is one."""
        return bool(await self._run(_BEGIN, self._key(name), _place(after), KEPT_SECONDS))

    async def append(self, name: str, after: Mark, entries: Sequence[tuple[Mark, Event]], end: Mark) -> Mark | None:
        """Add what the log has between two places, if the stream ends at the first. Where it ends now; None: it is gone."""
        arguments = [each for mark, event in entries for each in (_place(mark), _encode(event))]
        found = await self._run(_APPEND, self._key(name), _place(after), _place(end), *arguments)
        return _mark(found) if found else None

    async def trim(self, name: str, upto: Mark) -> int:
        """Drop what every group has passed; how many entries."""
        return int(await self._run(_TRIM, self._key(name), _place(upto), _place((upto[0], upto[1] + 1))) or 0)

    async def keep(self, name: str) -> None:
        """It is in use."""
        await self.valkey.ask(lambda client: client.expire(self._key(name), KEPT_SECONDS))

    async def drop(self, name: str) -> None:
        """Forget a stream; it is begun anew."""
        await self.valkey.ask(lambda client: client.delete(self._key(name)))

    # --- reading by place -------------------------------------------------------------------------------------------

    async def read(self, name: str, after: Mark, limit: int) -> Copied | None:
        """Up to `limit` events after a place. None when the stream does not reach back that far, or is gone."""
        found = await self._run(_READ, self._key(name), _place(after), limit)
        if not found:
            return None
        events = tuple(_entry(each) for each in found[1])
        return Copied(events, events[-1][0] if len(events) == limit else max(after, _mark(found[0])))

    async def wait(self, name: str, after: Mark) -> None:
        """Until there is something after a place, or for BLOCK_SECONDS."""
        block, streams = int(BLOCK_SECONDS * 1000), {self._key(name): _place(after)}
        await self.valkey.wait(lambda client: client.xread(streams, count=1, block=block))

    async def follow(self, name: str, group: str, mark: Mark) -> None:
        """Show where a group stands that keeps its own place."""
        await self._run(_FOLLOW, self._key(name), group, _place(mark))

    # --- reading as a group -----------------------------------------------------------------------------------------

    async def join(self, name: str, group: str, mark: Mark) -> bool:
        """Have a group that has handled everything up to a place. False when the stream begins behind it, or is gone."""
        return bool(await self._run(_JOIN, self._key(name), group, _place(mark)) == "joined")

    async def take(self, name: str, group: str, consumer: str, limit: int) -> list[tuple[Mark, Event]]:
        """Take new entries into one's hands; waits for BLOCK_SECONDS when there are none."""
        found = await self.valkey.wait(
            lambda client: client.xreadgroup(
                group, consumer, {self._key(name): ">"}, count=limit, block=int(BLOCK_SECONDS * 1000)
            )
        )
        return _entries(found)

    async def in_hand(self, name: str, group: str, consumer: str, limit: int) -> list[tuple[Mark, Event]]:
        """What one has in one's hands already: taken, and the answer was lost on the way, or it could not be handled."""
        found = await self.valkey.ask(
            lambda client: client.xreadgroup(group, consumer, {self._key(name): "0"}, count=limit)
        )
        gone = [_mark(each[0]) for _, entries in found or () for each in entries if not each[1]]
        if gone:
            await self.acknowledge(name, group, gone)  # trimmed: every group had handled them
        return _entries(found)

    async def acknowledge(self, name: str, group: str, marks: Sequence[Mark]) -> None:
        """They are handled, and what was done is committed."""
        await self.valkey.ask(lambda client: client.xack(self._key(name), group, *map(_place, marks)))

    async def hold(
        self, name: str, group: str, consumer: str, marks: Sequence[Mark], *, deliveries: int | None = None
    ) -> None:
        """Say that they are still being worked on, and (if given) how often they count as handed out."""
        places = [_place(mark) for mark in marks]
        await self.valkey.ask(
            lambda client: client.xclaim(
                self._key(name), group, consumer, 0, places, idle=0, retrycount=deliveries, justid=True
            )
        )

    async def pending(self, name: str, group: str, limit: int) -> list[Pending]:
        """What is in anybody's hands, the oldest first."""
        found = await self.valkey.ask(lambda client: client.xpending_range(self._key(name), group, "-", "+", limit))
        return [
            Pending(
                _mark(each["message_id"]),
                each["consumer"],
                each["time_since_delivered"] / 1000,
                each["times_delivered"],
            )
            for each in found
        ]

    async def take_over(self, name: str, group: str, consumer: str, one: Pending) -> Event | None:
        """Take an entry out of another's hands, which counts as one more delivery. None when somebody was faster, or it is gone."""
        idle = int(one.idle * 1000)  # shorter by now only when somebody took it
        found = await self.valkey.ask(
            lambda client: client.xclaim(self._key(name), group, consumer, idle, [_place(one.mark)])
        )
        return _entry(found[0])[1] if found and found[0][1] else None

    async def settled(self, name: str, group: str) -> Settled | None:
        """How far a group is for certain; None when there is none."""
        found = await self._run(_SETTLED, self._key(name), group)
        if not found:
            return None
        pending, first, delivered, newest, last = int(found[0]), found[1], *map(_mark, found[2:])
        if pending:
            tx, position = _mark(first)
            return Settled((tx, position - 1), pending)
        # Nothing is left that was not handed out: then the group is as far as the copy.
        return Settled(last if newest <= delivered else delivered, 0)

    async def consumers(self, name: str, group: str) -> list[str]:
        """Who ever took entries of a group, and was not forgotten."""
        found = await self.valkey.ask(lambda client: client.xinfo_consumers(self._key(name), group))
        return [each["name"] for each in found]

    async def leave(self, name: str, group: str, consumer: str) -> None:
        """Forget a consumer that has nothing in its hands (one that has is taken over from)."""
        await self._run(_LEAVE, self._key(name), group, consumer)

    async def show(self, consumer: str, seconds: float) -> None:
        """This consumer lives."""
        await self.valkey.ask(lambda client: client.set(self._living(consumer), "1", px=int(seconds * 1000)))

    async def lives(self, consumer: str) -> bool:
        """Whether it said so lately."""
        return bool(await self.valkey.ask(lambda client: client.exists(self._living(consumer))))

    async def mourn(self, name: str, event: Event, *, group: str, error: str) -> None:
        """Show a dead letter to whoever watches `<prefix>:<life>:dlq:<stream>`; the letter itself is in the database."""
        fields = {_EVENT: _encode(event), "group": group, "error": error}
        key = self._named("dlq", name)
        await self.valkey.ask(lambda client: client.xadd(key, fields, maxlen=DEAD_KEPT, approximate=True))
        await self.valkey.ask(lambda client: client.expire(key, DEAD_KEPT_SECONDS))

    def _key(self, name: str) -> str:
        return self._named("stream", name)

    def _named(self, *parts: str) -> str:
        if not self.life:
            raise ValkeyAway("nobody knows of which life of the database")
        return self.valkey.key(self.life, *parts)

    def _living(self, consumer: str) -> str:
        return self.valkey.key("consumer", consumer)

    async def _run(self, source: str, key: str, *arguments: Any) -> Any:
        def run(client: Any) -> Any:
            script = self._scripts.get(source)
            if script is None:
                script = self._scripts[source] = client.register_script(source)
            return script(keys=[key], args=arguments, client=client)

        return await self.valkey.ask(run)


def _place(mark: Mark) -> str:
    return f"{mark[0]}-{mark[1]}"


def _mark(place: str) -> Mark:
    tx, _, position = place.partition("-")
    return int(tx), int(position)


def _encode(event: Event) -> str:
    return json.dumps(asdict(event), separators=(",", ":"), ensure_ascii=False)


def _entry(found: Any) -> tuple[Mark, Event]:
    said = json.loads(found[1][_EVENT] if isinstance(found[1], dict) else found[1][1])
    # A newer version, which feeds the stream during an upgrade, may say more of an event.
    return _mark(found[0]), Event(**{name: value for name, value in said.items() if name in _FIELDS})


def _entries(found: Any) -> list[tuple[Mark, Event]]:
    """Those of one stream; one that was trimmed has no fields any more."""
    return [_entry(each) for _, entries in found or () for each in entries if each[1]]

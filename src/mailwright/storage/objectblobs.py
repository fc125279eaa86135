"""Blobs as objects in S3 (and what speaks it) or Azure Blob Storage, through obstore; in one bucket, or one for each tenant.

Made by `blobs.open_blobs`. A put that returned is durable there, and never replaced an object: a key is used once.
Promises: no call takes longer than the limits allow; whatever the service says, the caller hears TryLater or NotFound. What is
sent carries its SHA-256, so that the service refuses what was damaged on the way.
Does not: keep keys or addresses in what it raises (senders read that); the log has them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import structlog

from mailwright.domain import clock
from mailwright.domain.refusals import NotFound, TryLater
from mailwright.storage.blobplaces import MARK, NoPlace
from mailwright.storage.buckets import Buckets
from mailwright.storage.objectstores import ObjectOptions, arguments, open_store

if TYPE_CHECKING:
    from obstore.store import ObjectStore

log = structlog.get_logger(__name__)

PART_BYTES = 8 * 1024 * 1024
MULTIPART_BYTES = 2 * PART_BYTES  # from here on in parts, each with a time limit of its own
PARTS_AT_ONCE = 4
MAX_STORES = 256  # buckets with open connections
BUCKET_BELIEVED_SECONDS = 30.0  # one that was there
ASKED_ONE_BY_ONE = 4  # keys of one day: for more a list of the day is quicker
TENANT = "{tenant}"
_NOT_IMPLEMENTED = ("501 Not Implemented", "<Code>NotImplemented</Code>")
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound")
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class ObjectBlobs:
    """The objects below an address like s3://bucket/prefix or az://container/prefix; `{tenant}` in its bucket: one for each."""

    place = "object"
    turns = True

    def __init__(self, url: str, options: ObjectOptions | None = None) -> None:
        parts = urlsplit(url)
        self._scheme, self._bucket = parts.scheme, parts.netloc
        self._prefix = parts.path.strip("/")
        self._options = ObjectOptions() if options is None else options
        self._stores: dict[str, ObjectStore] = {}
        self._conditional = self._options.conditional
        self._found: dict[str, float] = {}  # buckets that are there, and when they were seen
        self.address = f"{self._scheme}://{self._bucket}" + (f"/{self._prefix}" if self._prefix else "")
        self._store_of(f"blobs/{'0' * 36}/")  # what is wrong with the options is said at the start

    def __repr__(self) -> str:
        return f"ObjectBlobs({self.address})"

    @property
    def apart(self) -> bool:
        return TENANT in self._bucket

    def put(self, key: str, data: bytes, *, replace: bool = False) -> None:
        from obstore.exceptions import NotFoundError

        try:
            try:
                self._put(key, data, replace=replace)
            except (NotFoundError, FileNotFoundError):  # to a put that is: no such bucket
                if not self.apart:
                    raise
                self._buckets.make(self._bucket_of(key))
                self._put(key, data, replace=replace)
        except TryLater:
            raise
        except Exception as error:  # obstore raises a class for each cause; to us they are all "not stored now"
            raise _not_now("put", key, error, "the message could not be stored") from error

    def _put(self, key: str, data: bytes, *, replace: bool) -> None:
        import obstore
        from obstore.exceptions import AlreadyExistsError

        store = self._store_of(key)
        # MinIO wants our key of sse-c once more with the end of the parts, and obstore does not send it there.
        in_parts = len(data) >= MULTIPART_BYTES and self._options.encryption != "sse-c"
        if in_parts:  # the services know no condition for what comes in parts
            if not replace and self._is_there(key):
                return self._compare(key, data)
            obstore.put(store, key, data, use_multipart=True, chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE)
            return None
        mode: Literal["create", "overwrite"] = "overwrite" if replace or not self._conditional else "create"
        try:
            obstore.put(store, key, data, mode=mode, use_multipart=False)
        except AlreadyExistsError:  # as a rule our own put: its answer was lost, and it was sent again
            self._compare(key, data)
        except Exception as error:
            if mode == "overwrite" or not _knows_no_condition(error):
                raise
            # Keys are new ids, so there is nothing to replace; refusing every message would be worse.
            if self._conditional:
                log.warning(
                    "blobs.no_conditional_put", error=str(error)[:500], hint="MAILWRIGHT_BLOB_CONDITIONAL_PUT=false"
                )
            self._conditional = False
            obstore.put(store, key, data, mode="overwrite", use_multipart=False)
        return None

    def _is_there(self, key: str) -> bool:
        try:
            return key in self.sizes([key])
        except NoPlace:
            if not self.apart:
                raise
            return False  # the tenant's bucket is made with the first message

    def _compare(self, key: str, data: bytes) -> None:
        """Raise TryLater unless just this is there already."""
        if self.get(key, 0, len(data) + 1) != data:
            log.error("blobs.key_taken", key=key)
            raise TryLater("the message could not be stored: something else has its place")

    def get(self, key: str, start: int, end: int) -> bytes:
        import obstore
        from obstore.exceptions import NotFoundError

        if end <= start:
            return b""
        try:
            return bytes(obstore.get_range(self._store_of(key), key, start=start, end=end))
        except (NotFoundError, FileNotFoundError) as error:
            if _says_no_bucket(error):
                raise _no_place(key) from error
            raise NotFound(f"the bytes of {key} are gone") from error
        except Exception as error:
            raise _not_now("get", key, error, "the message cannot be read now") from error

    def delete(self, key: str) -> None:
        import obstore
        from obstore.exceptions import NotFoundError

        try:
            obstore.delete(self._store_of(key), key)
        except (NotFoundError, FileNotFoundError):
            return
        except Exception as error:
            raise _not_now("delete", key, error, "the message cannot be removed now") from error

    def keys(self, tenants: Iterable[str] = ()) -> Iterator[tuple[str, clock.Instant]]:
        # Never of other tenants: whose buckets they are nothing says.
        prefixes = [f"blobs/{tenant}/" for tenant in tenants] if self.apart else ["blobs/"]
        for prefix in prefixes:
            for key, _size, written in self._listed(prefix, None):
                yield key, written

    def sizes(self, keys: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        days: dict[str, list[str]] = {}
        for key in keys:
            days.setdefault(key.rpartition("/")[0], []).append(key)
        for day, wanted in days.items():
            if len(wanted) <= ASKED_ONE_BY_ONE:
                found |= {key: size for key in wanted if (size := self._size(key)) is not None}
                continue
            wanted.sort()
            asked = set(wanted)
            # One before the first: a list begins behind the key it is given.
            for key, size, _written in self._listed(f"{day}/", wanted[0][:-1]):
                if key > wanted[-1]:
                    break
                if key in asked:
                    found[key] = size
        return found

    def older(self, key: str) -> Iterator[bytes]:
        if self._scheme != "s3":
            return
        yield from self._buckets.versions(self._bucket_of(key), "/".join(filter(None, (self._prefix, key))))

    def _size(self, key: str) -> int | None:
        import obstore
        from obstore.exceptions import NotFoundError

        try:
            return int(obstore.head(self._store_of(key), key)["size"])
        except (NotFoundError, FileNotFoundError):
            self._check_bucket(key)
            return None
        except Exception as error:
            raise _not_now("head", key, error, "the message cannot be looked for now") from error

    def _check_bucket(self, key: str) -> None:
        """The answer to HEAD says only that something is not there. Raises NoPlace when it is the bucket, TryLater."""
        bucket = self._bucket_of(key)
        if time.monotonic() - self._found.get(bucket, float("-inf")) < BUCKET_BELIEVED_SECONDS:
            return
        import obstore

        try:
            next(iter(obstore.list(self._store_of(key), prefix=MARK)), None)
        except Exception as error:
            if _says_no_bucket(error):
                raise _no_place(key) from error
            raise _not_now("list", key, error, "the message cannot be looked for now") from error
        self._found[bucket] = time.monotonic()

    # --- whose it is

    def tenants(self) -> Sequence[str]:
        if not self.apart or self._scheme != "s3":
            return ()
        before, _, after = self._bucket.partition(TENANT)
        shape = re.compile(f"{re.escape(before)}({_ID}){re.escape(after)}")
        return [found[1] for name in self._buckets.names(before) if (found := shape.fullmatch(name))]

    def mark(self, tenant: str | None) -> bytes | None:
        import obstore
        from obstore.exceptions import NotFoundError

        try:
            return bytes(obstore.get(self._store_of(f"blobs/{tenant}/"), MARK).bytes())
        except (NotFoundError, FileNotFoundError) as error:
            if _says_no_bucket(error) and not self.apart:
                raise NoPlace("the bucket of the messages is not there") from error
            return None
        except Exception as error:
            raise _not_now("get", MARK, error, "whose the messages are cannot be read now") from error

    def set_mark(self, tenant: str | None, data: bytes, *, replace: bool) -> None:
        from obstore.exceptions import AlreadyExistsError, NotFoundError

        try:
            try:
                self._set_mark(tenant, data, replace=replace)
            except (NotFoundError, FileNotFoundError):
                if not self.apart:
                    raise
                self._buckets.make(self._bucket_of(f"blobs/{tenant}/"))
                self._set_mark(tenant, data, replace=replace)
        except TryLater:
            raise
        except AlreadyExistsError:
            return
        except Exception as error:
            raise _not_now("put", MARK, error, "whose the messages are cannot be written now") from error

    def _set_mark(self, tenant: str | None, data: bytes, *, replace: bool) -> None:
        import obstore

        store = self._store_of(f"blobs/{tenant}/")
        if not replace and self._conditional:
            try:
                obstore.put(store, MARK, data, mode="create", use_multipart=False)
                return
            except Exception as error:
                if not _knows_no_condition(error):
                    raise
        if replace or self.mark(tenant) is None:  # who writes at the same moment is noticed when it is read again
            obstore.put(store, MARK, data, mode="overwrite", use_multipart=False)

    def _listed(self, prefix: str, offset: str | None) -> Iterator[tuple[str, int, clock.Instant]]:
        import obstore
        from obstore.exceptions import NotFoundError

        try:
            for page in obstore.list(self._store_of(prefix), prefix=prefix, offset=offset):
                for found in page:
                    yield found["path"], int(found["size"]), clock.from_datetime(found["last_modified"])
        except (NotFoundError, FileNotFoundError):  # a tenant whose bucket is not there yet
            return
        except Exception as error:
            if self.apart and _says_no_bucket(error):
                return
            raise _not_now("list", prefix, error, "the messages cannot be listed now") from error

    # --- stores

    @property
    def _buckets(self) -> Buckets:
        given = arguments(self._scheme, "", self._options)
        keys = (given.get("access_key_id"), given.get("secret_access_key"))
        return Buckets(
            self._scheme,
            endpoint=given.get("endpoint"),
            region=given.get("region"),
            keys=keys,
            ca=self._options.ca,
            path_style=self._options.path_style,
            customer_key=self._options.encryption_key if self._options.encryption == "sse-c" else None,
            seconds=self._options.seconds,
        )

    def _bucket_of(self, key: str) -> str:
        return self._bucket.replace(TENANT, key.split("/")[1]) if self.apart else self._bucket

    def _store_of(self, key: str) -> ObjectStore:
        bucket = self._bucket_of(key)
        store = self._stores.get(bucket)
        if store is None:
            address = f"{self._scheme}://{bucket}" + (f"/{self._prefix}" if self._prefix else "")
            if len(self._stores) >= MAX_STORES:
                self._stores.pop(next(iter(self._stores)), None)
            store = self._stores[bucket] = open_store(address, self._options)
        return store


def _knows_no_condition(error: Exception) -> bool:
    """Whether the service says that it cannot do what it was asked, by an answer or by the kind of the error."""
    from obstore.exceptions import NotSupportedError

    said = str(error)
    return isinstance(error, NotSupportedError | NotImplementedError) or any(word in said for word in _NOT_IMPLEMENTED)


def _says_no_bucket(error: Exception) -> bool:
    """Whether what is not there is the bucket itself."""
    said = str(error)
    return any(word in said for word in _NO_BUCKET)


def _no_place(key: str) -> NoPlace:
    log.error("blobs.no_bucket", key=key, hint="MAILWRIGHT_BLOB_URL, MAILWRIGHT_BLOB_ENDPOINT")
    return NoPlace("the bucket of the messages is not there")


def _not_now(operation: str, key: str, error: Exception, said: str) -> TryLater:
    log.warning("blobs.failed", operation=operation, key=key, error=str(error)[:500])
    return TryLater(f"{said}: {type(error).__name__}")

"""Domains: `/api/admin/domains`. Their policies, what DNS must say of them and says, and the keys that sign their mail."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, BeforeValidator, Field

from mailwright.core import Core, dnscheck, dnsrecords
from mailwright.core.administration import Reach, places
from mailwright.core.administration.places import Policies
from mailwright.core.dkimkeys import Keys
from mailwright.core.dnscheck import Checked
from mailwright.core.dnsrecords import Record
from mailwright.domain.clock import to_iso
from mailwright.domain.refusals import TryLater
from mailwright.protocols.api.admin.parts import Machine
from mailwright.protocols.api.admin.reaching import Reaching
from mailwright.protocols.api.admin.words import Address, Days, DomainName, Line, refusals
from mailwright.storage import administration as rows

OnFailure = Literal["policy", "reject", "quarantine", "mark"]


class DomainOut(BaseModel):
    """A domain of this server with its policies."""

    name: str = Field(examples=["example.org"])
    tenant: str = Field(examples=["default"])
    addresses: int = Field(description="how many end in it; it can be removed when there is none")
    retain_days: int | None = Field(description="how long its mail is kept; null: for good")
    journal_address: str | None = Field(description="gets a copy of all its mail")
    on_failure: str = Field(description="what happens to mail that fails its sender's DMARC", examples=["policy"])
    created_at: str


class DomainsOut(BaseModel):
    """Those within reach, by name."""

    domains: list[DomainOut]


class DomainIn(BaseModel):
    """A domain to be ours."""

    name: Annotated[Line, Field(max_length=255, examples=["example.org"])]
    tenant: Annotated[
        Annotated[Line, Field(max_length=places.MAX_TENANT_NAME)] | None,
        BeforeValidator(lambda value: value or None),
        Field(description="the name of the tenant it is for; one's own when it is not given"),
    ] = None


class DomainChange(BaseModel):
    """What is given is changed; null takes a policy away."""

    retain_days: Days | None = Field(None, description="how long its mail is kept; null: for good")
    journal_address: Address | None = Field(None, description="gets a copy of all its mail; null: nobody does")
    on_failure: OnFailure | None = Field(None, description="what happens to mail that fails its sender's DMARC")


class RecordOut(BaseModel):
    """A record to be put into DNS."""

    kind: dnsrecords.Kind = Field(examples=["spf"])
    name: str = Field(examples=["example.org"])
    type: str = Field(examples=["TXT"])
    value: str = Field(examples=["v=spf1 mx -all"])
    purpose: str
    optional: bool = Field(description="mail works without it")
    zone_line: str = Field(description="the same as a line of a zone file")


class RecordsOut(BaseModel):
    """All of a domain's, and the policy to be served for MTA-STS."""

    records: list[RecordOut]
    mta_sts_policy: str


class CheckedOut(RecordOut):
    """A record, and what DNS says of it now."""

    state: dnscheck.State
    found: list[str] = Field(description="what is there under the name")
    hint: str = Field(description="what to do about it, or nothing")


class CheckedRecordsOut(BaseModel):
    """All of a domain's, looked up now."""

    records: list[CheckedOut]


class RotationIn(BaseModel):
    """Which step."""

    activate: bool = Field(False, description="false: make new keys, which wait; true: sign with those that wait")


class RotationOut(BaseModel):
    """What to change in DNS now."""

    step: Literal["waiting", "activated"]
    records: list[RecordOut] = Field(description="to be added (waiting), or to be removed in a week (activated)")


def create_router(core: Core, reaching: Reaching, machine: Machine) -> APIRouter:
    """The paths."""
    router = APIRouter(tags=["administration: domains"], prefix="/domains")
    admin = Depends(reaching.changes)

    def records_of(name: str, keys: Keys) -> list[Record]:
        return dnsrecords.records(name, core.settings.hostname, keys, machine.doors, relayed=machine.relayed)

    @router.get("", responses=refusals())
    async def list_domains(reach: Annotated[Reach, admin]) -> DomainsOut:
        """The domains of one's tenant; an operator's are all."""
        found = await core.read(lambda tx: places.domain_listing(tx, reach))
        return DomainsOut(domains=[_told(domain) for domain in found])

    @router.post("", status_code=201, responses=refusals(400, 404, 409))
    async def add_domain(given: DomainIn, reach: Annotated[Reach, admin]) -> DomainOut:
        """Make a domain ours, with keys that sign its mail.

        The admin of a tenant adds what is below a domain of theirs; any other domain is added by an operator, since mail that other
        tenants write to it comes here from then on.
        """
        return _told(await places.add_domain(core, reach, given.name, tenant=given.tenant))

    @router.patch("/{name}", responses=refusals(400, 404))
    async def change_domain(name: DomainName, given: DomainChange, reach: Annotated[Reach, admin]) -> DomainOut:
        """Set its policies: retention, journaling, and what happens to mail that fails DMARC."""
        sent = given.model_fields_set
        wanted = Policies(
            retain_days=given.retain_days if "retain_days" in sent else "unchanged",
            journal_address=given.journal_address if "journal_address" in sent else "unchanged",
            on_failure=given.on_failure,
        )
        return _told(await core.write(lambda tx: places.change_domain(tx, reach, name, wanted)))

    @router.delete("/{name}", status_code=204, responses=refusals(400, 404))
    async def remove_domain(name: DomainName, reach: Annotated[Reach, admin]) -> Response:
        """Let go of a domain that has no address left."""
        await core.write(lambda tx: places.remove_domain(tx, core, reach, name))
        return Response(status_code=204)

    @router.get("/{name}/dns", responses=refusals(404))
    async def show_records(name: DomainName, reach: Annotated[Reach, admin]) -> RecordsOut:
        """What DNS must say of it, so that others find it and believe it."""
        domain, keys = await places.keys_of(core, reach, name)
        policy = dnsrecords.mta_sts_policy(core.settings.hostname)
        return RecordsOut(records=[_record(each) for each in records_of(domain.name, keys)], mta_sts_policy=policy)

    @router.post("/{name}/dns/check", responses=refusals(404))
    async def check_records(name: DomainName, reach: Annotated[Reach, admin]) -> CheckedRecordsOut:
        """What DNS says of it now, record by record. Takes some seconds when name servers are slow."""
        domain, keys = await places.keys_of(core, reach, name)
        if machine.look_up is None:
            raise TryLater("this process cannot ask DNS")
        found = await dnscheck.check(records_of(domain.name, keys), machine.look_up)
        return CheckedRecordsOut(records=[_checked(each) for each in found])

    @router.post("/{name}/rotate-dkim", responses=refusals(400, 404))
    async def rotate(name: DomainName, reach: Annotated[Reach, admin], given: RotationIn | None = None) -> RotationOut:
        """Exchange the keys that sign its mail: first make new ones, then, when DNS has them, use them."""
        activate = given is not None and given.activate
        domain, keys = await places.rotate(core, reach, name, activate=activate)
        shown = keys.retired if activate else keys.waiting
        step: Literal["waiting", "activated"] = "activated" if activate else "waiting"
        return RotationOut(step=step, records=[_record(each) for each in dnsrecords.of_keys(domain.name, shown)])

    return router


def _told(domain: rows.Place) -> DomainOut:
    return DomainOut(
        name=domain.name,
        tenant=domain.tenant,
        addresses=domain.addresses,
        retain_days=domain.retain_days,
        journal_address=domain.journal_address,
        on_failure=domain.on_failure,
        created_at=to_iso(domain.created_at),
    )


def _record(record: Record) -> RecordOut:
    return RecordOut(
        kind=record.kind,
        name=record.name,
        type=record.type,
        value=record.value,
        purpose=record.purpose,
        optional=record.optional,
        zone_line=record.zone_line,
    )


def _checked(found: Checked) -> CheckedOut:
    record = _record(found.record)
    return CheckedOut(**record.model_dump(), state=found.state, found=list(found.found), hint=found.hint)

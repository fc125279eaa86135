"""S3 by moto, in a thread of the tests."""

from __future__ import annotations

from moto.server import ThreadedMotoServer
from obstore.store import S3Store

BUCKET = "mailwright-tests"
KEYS = {"access_key_id": "test", "secret_access_key": "test", "region": "us-east-1"}


class S3Server:
    """One server with one bucket."""

    def __init__(self) -> None:
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        self._make_bucket()

    @property
    def options(self) -> dict[str, object]:
        """What `open_blobs("s3://…", **options)` needs to come here."""
        return {**KEYS, "endpoint": self.endpoint, "client_options": {"allow_http": True}}

    def destroy(self) -> None:
        self._server.stop()

    def _make_bucket(self) -> None:
        import httpx

        httpx.put(f"{self.endpoint}/{BUCKET}").raise_for_status()
        assert S3Store(BUCKET, **KEYS, endpoint=self.endpoint, client_options={"allow_http": True}) is not None

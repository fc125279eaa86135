"""The core API for other programs: gRPC, and the same services as Connect and gRPC-Web under HTTP (`/rpc`).

`proto/mailwright/v1` has the contract. One file for each service has its methods (`calls` is the table of them all), `running` is what
happens around every call, `codes` the words for what goes wrong, `server` gRPC's port and `web` the paths for browsers. Rules of the
place: a method translates between protobufs and what core (or JMAP's handlers, which have the same questions) takes and answers, and
decides nothing; each is written once and serves both faces. `grpc` and `connectrpc` are imported by `server` and `web` only, and those
only when they are needed.
"""

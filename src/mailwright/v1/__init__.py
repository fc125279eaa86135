"""The messages and stubs of the gRPC core API, made from `proto/mailwright/v1` by `make proto`. Nothing here is written by hand.

Used by `protocols.grpc`, by `mailwright.client`, and by programs that rather call the stubs themselves.
"""

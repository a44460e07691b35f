"""A client of a Ridgeline coordinator, in Python: submits a study, watches it, and reads its results.

    pip install grpcio grpcio-tools
    python examples/python-client/client.py @admin.join examples/minimal.yaml

The comments of `proto/ridgeline/v1` specify the protocol. `admin.join` is in the coordinator's state
directory; `ridgeline token new --role admin` prints a join string for another machine.
"""

import base64
import hashlib
import json
import pathlib
import socket
import ssl
import sys

import grpc

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
sys.path.insert(0, str(PROTO))
# Compiles the file now. A program of yours would use the modules that `python -m grpc_tools.protoc` writes.
messages, services = grpc.protos_and_services("ridgeline/v1/control_service.proto")


def read_join(argument):
    """The fields of a join string, or of the file that `@FILE` names."""
    text = pathlib.Path(argument[1:]).read_text() if argument.startswith("@") else argument
    address, pin, token_id, secret = text.strip().removeprefix("ridgeline:1:").rsplit(":", 3)
    return address, pin, f"Bearer {token_id}:{secret}"


def pinned_ca(address, pin):
    """The CA certificate of the coordinator, as PEM. Nothing is sent before its SHA-256 was compared."""
    host, port = address.rsplit(":", 1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with socket.create_connection((host.strip("[]"), int(port)), timeout=5) as plain:
        with context.wrap_socket(plain, server_hostname="ridgeline") as tls:
            chain = certificates(tls)
    for der in chain:
        digest = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
        if digest == pin:
            return ssl.DER_cert_to_PEM_cert(der).encode()
    raise SystemExit(f"The server at {address} is not the coordinator of this join string.")


def certificates(tls):
    """The certificates that the server has sent, as DER."""
    if hasattr(tls, "get_unverified_chain"):  # Python 3.13
        return tls.get_unverified_chain()
    encoding_der = 2
    return [one.public_bytes(encoding_der) for one in tls._sslobj.get_unverified_chain()]


def connect(argument):
    """A stub of the service, and the metadata of each call."""
    address, pin, bearer = read_join(argument)
    credentials = grpc.ssl_channel_credentials(root_certificates=pinned_ca(address, pin))
    options = [("grpc.ssl_target_name_override", "ridgeline")]
    channel = grpc.secure_channel(address, credentials, options)
    return services.ControlServiceStub(channel), [("authorization", bearer)]


def main(join, study_file):
    service, metadata = connect(join)
    version = service.GetVersion(messages.GetVersionRequest(), metadata=metadata)
    if version.protocol != 2:
        raise SystemExit(f"The coordinator speaks protocol {version.protocol}, this client 2.")

    text = pathlib.Path(study_file).read_text()
    submitted = service.SubmitStudy(messages.SubmitStudyRequest(file=text, priority=2), metadata=metadata)
    outcome = messages.SubmitOutcome.Name(submitted.outcome).removeprefix("SUBMIT_OUTCOME_").lower()
    print(f"{submitted.name}: {outcome}", file=sys.stderr)

    for state in service.Watch(messages.WatchRequest(study=submitted.name), metadata=metadata):
        progress = state.progress
        print(f"{progress.done} of {progress.total} trials, {progress.running} running", file=sys.stderr)

    request = messages.ResultsRequest(study=submitted.name, format=messages.RESULTS_FORMAT_JSON, top=3)
    chunks = service.Results(request, metadata=metadata)
    results = json.loads(b"".join(response.chunk for response in chunks))
    for stage in results["stages"]:
        for row in stage["trials"]:
            print(row["rank"], row["trial"], row["params"], row[results["objective"]["metric"]])
    print("winner:", results["winner"]["trial"])


if __name__ == "__main__":
    try:
        main(*sys.argv[1:3])
    except grpc.RpcError as error:
        # The message of an error; `ridgeline-code` and `ridgeline-fix-bin` are in its trailing metadata.
        trailing = dict(error.trailing_metadata() or ())
        fix = trailing.get("ridgeline-fix-bin", b"").decode()
        raise SystemExit(f"{error.code().name}: {error.details()}\n  fix: {fix}")

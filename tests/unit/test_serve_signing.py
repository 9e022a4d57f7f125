"""Who may speak to the served venue: the documented example, and what real clients really sent."""

import json

import pytest
from served import Client
from wire_data import wire_json

from sim.serve.signing import Key, key_of
from sim.through.exchanged import Request

KEY = Key("wirekey0001", "wiresecret-0123456789abcdef")


def test_the_documented_examples_verify():
    query = b"1700000000000wirekey00015000category=linear&symbol=BTCUSDT&limit=50"
    assert KEY.has_signed(query, "82bc038e5b8ff7dd3f63b6c5aa5b20ce96aa8d08bc7582d552bcc722cbc046d2")
    assert KEY.has_signed(
        b"GET/realtime1700000010000", "bf028da7b19952bd687ae73a44b4b830102cfacb35c7d73c2ac88f6fd14dc6c8"
    )
    assert not KEY.has_signed(query, "82BC038E5B8FF7DD3F63B6C5AA5B20CE96AA8D08BC7582D552BCC722CBC046D2")
    assert not KEY.has_signed(query, "\udcff")


def test_each_seed_has_a_key_of_its_own():
    assert key_of(1) == key_of(1) != key_of(2)
    assert key_of(1).name.startswith("sim")


@pytest.fixture
def routes(tmp_path):
    client = Client(tmp_path)
    client.venue.wire.site.key = Key("testkey", "testsecret")
    return client.venue.wire._routes


def test_requests_of_real_clients_verify_but_for_those_signed_with_another_secret(routes):
    vectors = [one for one in wire_json("generated/client_request_vectors.json") if "X-BAPI-SIGN" in upper(one)]
    codes = [code_of(routes, vector) for vector in vectors]
    wanted = [vector["signature_valid_with_testsecret"] for vector in vectors]
    assert wanted == [code != 10004 for code in codes]
    assert {True: 32, False: 4} == {valid: wanted.count(valid) for valid in (True, False)}


def test_streams_take_the_signatures_of_real_clients(tmp_path):
    frames = wire_json("generated/client_ws_frames.json")
    auths = [json.loads(one["text"]) for one in frames if '"auth"' in one.get("text", "")]
    client = Client(tmp_path)
    client.venue.wire.site.key = Key("testkey", "testsecret")
    said = [client.stream("/v5/private").say(auth)[-1] for auth in auths]
    # They were signed before this venue's clock began: late perhaps, but never strange.
    assert auths
    assert all(one["success"] or one["ret_msg"] == "Request expired" for one in said)


def upper(vector) -> dict[str, str]:
    return {name.upper(): value for name, value in vector["headers"].items()}


def code_of(routes, vector) -> int:
    query = f"?{vector['query']}" if vector["query"] else ""
    headers = tuple(vector["headers"].items())
    request = Request(vector["method"], vector["path"] + query, headers, vector["body"].encode())
    plan = routes.plan(request)
    return 0 if plan.commands else plan.show(()).verdict.code

#!/usr/bin/python3
"""openapi_test.py -- good and bad requests for openapi.py to tell apart.

Docker's descriptions are read from $LUFT_FIXTURES/specs, or else from
../shared/fixtures/specs beside the project.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent
SPECS = pathlib.Path(os.environ.get(
    "LUFT_FIXTURES", TESTS.parent.parent / "shared" / "fixtures")) / "specs"
JSON = "application/json"
AUTH = {"X-Registry-Auth": "eyJ1c2VybmFtZSI6Ij8_PyJ9"}
PORTS = {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}
CREATE = "POST {base}/containers/create"


def create(host=None, **config):
    return {"Image": "nginx", **config, "HostConfig": host or {}}


# Request line, body, and what the one complaint says; None: it is good.
# An object is sent as JSON, a text as a tar.
DOCKER = [
    ("GET /_ping", None, None),
    ("HEAD {base}/_ping", None, None),
    ("GET /version", None, None),
    ("GET /info", None, "the API's paths start otherwise"),
    ("GET /v1.39/info", None, "the API's paths start otherwise"),
    ("GET {base}/nothing", None, "no such path"),
    ("PATCH {base}/info", None, "no such method"),
    ("GET {base}/containers/create", None, "no such method"),
    ("GET {base}/containers/json", None, None),
    ("GET {base}/containers/json?all=1&limit=5&size=false", None, None),
    ("GET {base}/containers/json?all=yes", None, "query all: 'yes' is not"),
    ("GET {base}/containers/json?limit=x", None, "query limit: 'x' is not"),
    ("GET {base}/containers/json?al=1", None, "query al: the API does not"),
    ("GET {base}/containers/json?all=1&all=1", None, "it is there 2 times"),
    ("GET {base}/containers/json?all", None, "bad query field: 'all'"),
    ("GET {base}/containers/json?all=1 ", None, "must be escaped"),
    ("GET {base}/containers/json?filters={{}}", None, "must be escaped"),
    ("GET {base}/containers/json?filters=%7B%22id%22%3A%5B%22a%22%5D%7D",
     None, None),
    ("GET {base}/containers/json?filters=%7B%22id%22%3A%22a%22%7D", None,
     "query filters: 'a' is not of type 'array'"),
    ("GET {base}/containers/json?filters=%7B", None, "query filters: "),
    ("GET {base}/containers//json", None, "no such path"),
    ("GET {base}/containers/a%2Fb/json", None, None),
    ("GET {base}/containers/a/b/json", None, "no such path"),
    ("GET {base}/images/quay.io/team/web:1/json", None, None),
    ("GET {base}/images//json", None, "no such path"),
    ("DELETE {base}/images/team/get?force=1", None, None),
    ("GET {base}/system/df", None, None),
    ("POST {base}/containers/web/start", None, None),
    ("POST {base}/containers/web/start", {}, "body: the operation takes none"),
    ("POST {base}/containers/web/wait?condition=removed", None, None),
    ("POST {base}/containers/web/wait?condition=gone", None,
     "query condition: 'gone' is not one of"),
    ("POST {base}/containers/web/rename", None, "query name: it is missing"),
    ("POST {base}/images/create?fromImage=a&changes=b,c", None, None),
    ("POST {base}/images/create?changes=b&changes=c", None,
     "query changes: it is there 2 times"),
    ("POST {base}/images/team/web/push", None,
     "header x-registry-auth: it is missing"),
    ("PUT {base}/containers/web/archive?path=/", "a tar's bytes", None),
    ("PUT {base}/containers/web/archive?path=/", {}, "not one of application"),
    ("POST {base}/build?rm=1", "a tar's bytes", None),
    (CREATE, None, "body: it is missing"),
    (CREATE, create(), None),
    (CREATE + "?name=web", create(Env=["A=b"], Labels={"a": "b"}), None),
    (CREATE + "?name=-", create(), "query name: '-' does not match"),
    (CREATE, "a tar's bytes", "is application/x-tar, not one of"),
    (CREATE, create(NetworkMode="host"), "'NetworkMode' was unexpected"),
    (CREATE, create({"NetworkMode": "host", "Memory": 1 << 40}), None),
    (CREATE, create({"Networkmode": "host"}), "'Networkmode' was unexpected"),
    (CREATE, create({"Memory": 1 << 63}), "body.HostConfig.Memory: "),
    (CREATE, create({"Memory": "1g"}), "body.HostConfig.Memory: '1g' is not"),
    (CREATE, create({"Memory": 1.5}), "body.HostConfig.Memory: 1.5 is not"),
    (CREATE, create({"PortBindings": PORTS}), None),
    (CREATE, create({"PortBindings": {"80/tcp": None}}), None),
    (CREATE, create({"PortBindings": list(PORTS)}),
     "body.HostConfig.PortBindings: ['80/tcp'] is not of type 'object'"),
    (CREATE, create({"PortBindings": {"80/tcp": PORTS["80/tcp"][0]}}),
     "body.HostConfig.PortBindings.80/tcp: "),
    (CREATE, create({"PortBindings": {"80/tcp": [{"HostPort": 8080}]}}),
     "body.HostConfig.PortBindings.80/tcp.0.HostPort: 8080 is not"),
    (CREATE, create({"RestartPolicy": {"Name": "never"}}),
     "body.HostConfig.RestartPolicy.Name: 'never' is not one of"),
    (CREATE, create({"Mounts": [{"Type": "bind", "Target": "/a"}]}), None),
    (CREATE, create({"Mounts": [{"Type": "disk"}]}),
     "body.HostConfig.Mounts.0.Type: 'disk' is not one of"),
    (CREATE, create(ExposedPorts={"80/tcp": {}}), None),
    (CREATE, create(ExposedPorts={"80/tcp": {"a": 1}}),
     "body.ExposedPorts.80/tcp: "),
    (CREATE, create(Env=None), "body.Env: None is not of type 'array'"),
    (CREATE, create(Env=float("nan")), "body: NaN is no number"),
    ("POST {base}/networks/create", {}, "'Name' is a required property"),
    ("POST {base}/volumes/create", {"Name": "a", "Labels": {"b": 1}},
     "body.Labels.b: 1 is not of type 'string'"),
]

# Whole records, for what the table cannot say.
RECORDS = [
    ({"target": "/v1.47/images/team/web/push", "headers": AUTH}, None),
    ({"target": "/v1.47/images/team/web/push",
      "headers": {"X-Registry-Auth": "eyJ1c2VybmFtZSI6Ij8/PyJ9"}},
     "not in base64url's alphabet"),
    ({"target": "/v1.47/images/team/web/push",
      "headers": {"X-Registry-Auth": "bm8"}}, "Incorrect padding"),
    ({"target": "/v1.47/volumes/create", "body": "{}"},
     "Content-Type is missing"),
    ({"target": "/v1.47/volumes/create", "body": "{}",
      "headers": {"content-type": "Application/JSON; charset=utf-8"}}, None),
    ({"target": "/v1.47/volumes/create", "headers": {"Content-Type": JSON},
      "body": '{"Name": "a", "Name": "b"}'}, "a member twice"),
    ({"target": "/v1.47/volumes/create", "headers": {"Content-Type": JSON},
      "body": "{"}, "body: "),
    ({"target": 1}, "no record: 1 is not of type 'string'"),
]

# One query parameter may come again, which version 1.41 did not have.
NEWER = [("GET {base}/system/df?type=image&type=volume", None, None),
         ("GET {base}/system/df?type=image&type=disk", None,
          "query type.1: 'disk' is not one of")]

PETS = {
    "openapi": "3.0.3", "servers": [{"url": "http://pets.test/v2"}],
    "paths": {
        "/pets/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True,
                            "schema": {"type": "integer"}}],
            "put": {
                "parameters": [{"name": "tag", "in": "query", "schema": {
                    "type": "array", "items": {"type": "string"}}}],
                "requestBody": {"required": True, "content": {JSON: {
                    "schema": {"$ref": "#/components/schemas/Cat"}}}}}},
        "/pets/all": {"put": {"requestBody": {"content": {JSON: {
            "schema": {"type": "string"}}}}}}},
    "components": {"schemas": {
        "Pet": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"},
            "owner": {"type": "string", "nullable": True},
            "born": {"type": "string", "format": "date-time"}}},
        "Cat": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {
            "properties": {"kittens": {"type": "array", "items": {
                "$ref": "#/components/schemas/Cat"}}}}]}}}}
PET_CASES = [
    ("PUT {base}/pets/1?tag=a&tag=b", {"name": "a", "owner": None}, None),
    ("PUT {base}/pets/one", {"name": "a"}, "path id: 'one' is not"),
    ("PUT {base}/pets/1", {"kittens": []}, "'name' is a required property"),
    ("PUT {base}/pets/1", {"name": "a", "kittens": [{"name": "b", "c": 1}]},
     "body.kittens.0: Additional properties"),
    ("PUT {base}/pets/1", {"name": None}, "body.name: None is not of type"),
    ("PUT {base}/pets/1", {"name": "a", "born": "today"}, "body.born: "),
    ("PUT {base}/pets/1", None, "body: it is missing"),
    ("PUT {base}/pets/all", None, None),
    ("PUT {base}/pets/all", [], "body: [] is not of type 'string'"),
]


def records(cases, base):
    for line, body, wanted in cases:
        method, target = line.format(base=base).split(" ", 1)
        record = {"method": method, "target": target, "headers": {}}
        if body is not None:
            is_tar = isinstance(body, str)
            record["headers"]["Content-Type"] = \
                "application/x-tar" if is_tar else JSON
            record["body"] = body if is_tar else json.dumps(body)
        yield record, wanted


def run(folder, spec, lines, *options):
    """What openapi.py prints, and its exit status."""
    requests = pathlib.Path(folder, "requests.jsonl")
    requests.write_text("".join(line + "\n" for line in lines))
    found = subprocess.run(
        [sys.executable, TESTS / "openapi.py", *options, spec, requests],
        stdout=subprocess.PIPE, text=True, check=False,
        env={**os.environ, "TMPDIR": folder})
    return found.stdout.splitlines(), found.returncode


def check(folder, name, spec, cases, *options):
    """Gives for each case, and for the whole, whether it went well."""
    cases = list(cases)
    output, status = run(folder, spec, [
        json.dumps({"method": "POST", "label": f"case {number}", **record})
        for number, (record, _) in enumerate(cases, 1)], *options)
    results = []
    for number, (record, wanted) in enumerate(cases, 1):
        said = [line for line in output if line.startswith(
            (f"case {number}: ", f"line {number}: "))]
        good = not said if wanted is None else (
            len(said) == 1 and wanted in said[0])
        results.append(good)
        if not good:
            print(f"{name}: {json.dumps(record)}\n    got    {said}\n"
                  f"    wanted {wanted}")
    bad = sum(wanted is not None for _, wanted in cases)
    end = f"{len(cases) - bad} passed, {bad} failed, 0 skipped"
    results.append(output[-1:] == [end] and status == (bad > 0))
    if not results[-1]:
        print(f"{name}: got {output[-1:]} and status {status}, wanted {end}")
    return results


def main():
    results, skipped = [], 0
    with tempfile.TemporaryDirectory() as folder:
        pets = pathlib.Path(folder, "pets.yaml")
        pets.write_text(json.dumps(PETS))
        results += check(folder, "pets", pets, records(PET_CASES, "/v2"))
        results.append(run(folder, pets, []) == ([
            f"{folder}/requests.jsonl: there are no requests",
            "0 passed, 0 failed, 0 skipped"], 1))
        for version, newer in (("v1.41", []), ("v1.47", NEWER)):
            spec = SPECS / f"docker-{version}.yaml"
            if not spec.exists():
                print(f"skipped: Docker {version}: its description is not at "
                      "$LUFT_FIXTURES/specs")
                skipped += len(DOCKER + newer)
                continue
            cases = list(records(DOCKER + newer, f"/{version}"))
            results += check(folder, version, spec, cases)
            # The second run reads the description from the cache.
            good = [case for case in cases if case[1] is None]
            results += check(folder, version + " again", spec, good)
            results += check(folder, version + ", any version", spec,
                             RECORDS, "--any-version")
    failed = results.count(False)
    print(f"{results.count(True)} passed, {failed} failed, {skipped} skipped")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())

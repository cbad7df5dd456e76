#!/usr/bin/python3
"""openapi.py -- holds recorded HTTP requests against an API's description.

    openapi.py [--any-version] SPEC.yaml REQUESTS.jsonl

SPEC is Swagger 2.0 or OpenAPI 3.0.  Each line of REQUESTS is {"method":
"POST", "target": "/v1.47/containers/create?name=web", "headers": {...},
"body": "...", "label": "..."}, of which the last three may be missing.

It is stricter than servers are: a property or parameter that the description
does not know is an error, for a server would ignore it without a word.
"""
import argparse
import base64
import fnmatch
import re
import sys
from urllib.parse import parse_qsl, unquote, urlsplit

from jsonschema import Draft4Validator, ValidationError

sys.dont_write_bytecode = True          # the tests' folder stays clean
from openapi_schema import Schemas, load, parse_json  # noqa: E402

TEXT = {"type": "string"}
TEXTS = {"type": "object", "additionalProperties": TEXT}
RECORD = Draft4Validator({
    "type": "object", "required": ["method", "target"], "properties": {
        "method": TEXT, "target": TEXT, "headers": TEXTS, "label": TEXT,
        "body": {"type": ["string", "null"]}}})
FILTERS = Draft4Validator({
    "type": "object",
    "additionalProperties": {"type": "array", "items": TEXT}})

URI = re.compile(r"(?:[A-Za-z0-9\-._~:/?@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
SCALARS = {"integer": ("-?[0-9]+", int),
           "number": (r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", float),
           "boolean": ("true|false|1|0", {"true": True, "false": False,
                                          "1": True, "0": False}.get)}
SEPARATORS = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}

# Names of images and plugins have slashes, and the engine routes them so.
SLASHED = re.compile(r"/(images|plugins|distribution)/\{name\}")


class Description:
    def __init__(self, spec, any_version):
        self.spec, self.schemas = spec, Schemas(spec)
        base = spec.get("basePath", "")
        if "servers" in spec:
            base = urlsplit(spec["servers"][0]["url"]).path
        self.base = re.compile(r"/v\d+\.\d+(?=/)" if any_version
                               else re.escape(base.rstrip("/")) + "(?=/)")
        # Those with most literal text come first.
        self.templates = sorted(spec["paths"], reverse=True, key=lambda path:
                                len(re.sub(r"\{[^}]*\}", "", path)))

    def find(self, method, path):
        """The operation, its parameters, and those that the path gives."""
        base = self.base.match(path)
        # A client asks for the version before it knows one.
        if not base and path not in ("/_ping", "/version"):
            raise LookupError("the API's paths start otherwise")
        path = path[base.end():] if base else path
        problem = "the API has no such path"
        for template in self.templates:
            one = "[^/]+(?:/[^/]+)*" if SLASHED.match(template) else "[^/]+"
            pieces = re.split(r"\{([^}]*)\}", template)
            match = re.fullmatch(f"({one})".join(
                map(re.escape, pieces[::2])), path)
            item = self.schemas.follow(self.spec["paths"][template])
            if match and method.lower() in item:
                operation = item[method.lower()]
                return operation, self.parameters(item, operation), list(
                    zip(pieces[1::2], map(unquote, match.groups())))
            problem = "the path has no such method" if match else problem
        raise LookupError(problem)

    def parameters(self, item, operation):
        """By place and name; an operation's own go before its path's."""
        found = {}
        for owner in (item, operation):
            for one in map(self.schemas.follow, owner.get("parameters", [])):
                name = one["name"]
                found[one["in"], name.lower() if one["in"] == "header"
                      else name] = one
        return found

    def problems(self, record):
        """What is wrong with the request, one text each."""
        path, _, query = record["target"].partition("?")
        if not URI.fullmatch(record["target"]):
            yield "the target has characters that must be escaped"
            return
        try:
            operation, parameters, in_path = self.find(record["method"], path)
            in_query = parse_qsl(query, keep_blank_values=True,
                                 strict_parsing=True, errors="strict")
        except (LookupError, ValueError) as error:
            yield str(error)
            return
        headers = {name.lower(): value for name, value
                   in record.get("headers", {}).items()}
        yield from self.check_all("path", parameters, in_path)
        yield from self.check_all("query", parameters, in_query)
        yield from self.check_all("header", parameters, headers.items())
        required, types = self.body_types(operation, parameters)
        if record.get("body"):
            yield from self.check_body(types, headers.get("content-type", ""),
                                       record["body"])
        elif required:
            yield "body: it is missing"

    def check_all(self, place, parameters, pairs):
        given = {}
        for name, value in pairs:
            given.setdefault(name, []).append(value)
        for name, values in given.items():
            if (place, name) in parameters:
                yield from self.check(f"{place} {name}",
                                      parameters[place, name], values)
            elif place != "header":
                yield f"{place} {name}: the API does not know it"
        for (where, name), one in parameters.items():
            if where == place and one.get("required") and name not in given:
                yield f"{place} {name}: it is missing"

    def check(self, place, parameter, texts):
        schema = parameter.get("schema")            # OpenAPI 3.0
        style = "multi" if parameter.get("explode", True) else "csv"
        if schema is None:
            style = parameter.get("collectionFormat", "csv")
            schema = {**parameter, "required": []}
        schema = self.schemas.follow(schema)
        if schema.get("type") == "array":
            values = texts if style == "multi" else texts[0].split(
                SEPARATORS[style])
            items = self.schemas.follow(schema.get("items", {}))
            value = [self.convert(items, text) for text in values]
        else:
            style, value = None, self.convert(schema, texts[0])
        if len(texts) > 1 and style != "multi":
            yield f"{place}: it is there {len(texts)} times"
        yield from self.schemas.problems(place, value, schema)
        if schema.get("type") == "string" and value != schema.get("default"):
            yield from self.check_text(place, parameter, value)

    @staticmethod
    def convert(schema, text):
        pattern, value = SCALARS.get(schema.get("type"), ("", str))
        return value(text) if re.fullmatch(pattern, text) else text

    @staticmethod
    def check_text(place, parameter, text):
        """What a description asks for in words only: JSON, or base64 of it."""
        words = parameter.get("description", "")
        try:
            if "base64" in words:
                if "base64url" in words and not re.fullmatch(r"[\w=-]*", text):
                    raise ValueError("not in base64url's alphabet")
                text = base64.b64decode(text, altchars="-_", validate=True)
            if re.search(r"\bJSON\b|base64", words) \
                    or parameter.get("format") == "json":
                value = parse_json(text)
                if parameter["name"] == "filters":
                    FILTERS.validate(value)
        except (ValueError, ValidationError) as error:
            yield f"{place}: {getattr(error, 'message', error)}"

    def body_types(self, operation, parameters):
        """Whether there must be a body; what may be one, by Content-Type."""
        if "requestBody" in operation:              # OpenAPI 3.0
            body = self.schemas.follow(operation["requestBody"])
            return body.get("required"), {
                media: content.get("schema", {})
                for media, content in body["content"].items()}
        media = operation.get("consumes", self.spec.get("consumes", ["*/*"]))
        media = media + parameters.get(("header", "content-type"),
                                       {}).get("enum", [])
        for (place, _), body in parameters.items():
            if place == "body":
                return body.get("required"), dict.fromkeys(media,
                                                           body["schema"])
        return False, {}

    def check_body(self, types, content_type, body):
        if not types:
            yield "body: the operation takes none"
            return
        media = content_type.split(";")[0].strip().lower() or "missing"
        fitting = [one for one in types if fnmatch.fnmatchcase(media, one)]
        if media == "missing" or not fitting:
            yield f"body: Content-Type is {media}, not one of " + ", ".join(
                types)
            return
        schema = types[fitting[0]]
        if self.schemas.follow(schema).get("type") == "string" \
                and "json" not in media:
            return                      # bytes, a tar for example
        try:
            yield from self.schemas.problems("body", parse_json(body), schema)
        except ValueError as error:
            yield f"body: {error}"


def check_line(description, line, number):
    """Prints a request's problems; gives their number."""
    name = f"line {number}"
    try:
        record = parse_json(line)
        RECORD.validate(record)
    except (ValueError, ValidationError) as error:
        print(f"{name}: no record: {getattr(error, 'message', error)}")
        return 1
    problems = list(description.problems(record))
    for problem in problems:
        print("{}: {method} {target}: {}".format(
            record.get("label", name), problem, **record))
    return len(problems)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--any-version", action="store_true",
                        help="paths may start with any /vN.NN")
    parser.add_argument("spec")
    parser.add_argument("requests")
    options = parser.parse_args()
    description = Description(load(options.spec), options.any_version)
    sys.stdout.reconfigure(errors="backslashreplace")
    with open(options.requests, encoding="utf-8",
              errors="surrogateescape") as lines:
        results = [check_line(description, line, number)
                   for number, line in enumerate(lines, 1)]
    failed = len(results) - results.count(0)
    if not results:
        print(f"{options.requests}: there are no requests")
    print(f"{results.count(0)} passed, {failed} failed, 0 skipped")
    return failed > 0 or not results


if __name__ == "__main__":
    sys.exit(main())

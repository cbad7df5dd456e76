"""openapi_schema.py -- reads an API's description; its schemas made strict.

Strict: an object that lists its properties has no others, unless its schema
says so; what allOf joins counts as one list.  Null is only what is nullable.
"""
import hashlib
import json
import os
import pathlib
import tempfile

import yaml
from jsonschema import Draft4Validator
from jsonschema.exceptions import best_match

# What JSON Schema and descriptions have in common.
KEYWORDS = {
    "type", "enum", "required", "pattern", "minLength", "maxLength",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf", "minItems", "maxItems", "uniqueItems", "minProperties",
    "maxProperties"}
CHOICES = {"oneOf", "anyOf"}
TIME = {"pattern": r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?"
                   r"([Zz]|[+-]\d\d:\d\d)$"}
FORMATS = {"date-time": TIME, "dateTime": TIME,
           "byte": {"pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|"
                               "[A-Za-z0-9+/]{3}=)?$"}}
for bits in (8, 16, 32, 64):
    half = 2 ** (bits - 1)
    FORMATS[f"int{bits}"] = {"minimum": -half, "maximum": half - 1}
    FORMATS[f"uint{bits}"] = {"minimum": 0, "maximum": 2 * half - 1}


def load(path):
    """Reads SPEC; YAML loads slowly, so its JSON is kept in $TMPDIR."""
    text = pathlib.Path(path).read_bytes()
    cache = pathlib.Path(tempfile.gettempdir(), "openapi-{}-{}.json".format(
        os.getuid(), hashlib.sha256(text).hexdigest()))
    if not cache.exists():
        new = cache.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(yaml.load(text, yaml.CSafeLoader),
                                  default=str))
        new.replace(cache)              # two programs may be at it
    return json.loads(cache.read_text())


def parse_json(text):
    """As RFC 8259 has it: no NaN, and no member of an object twice."""
    def members(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("an object has a member twice")
        return dict(pairs)

    def refuse(name):
        raise ValueError(f"{name} is no number")

    return json.loads(text, object_pairs_hook=members, parse_constant=refuse)


class Schemas:
    def __init__(self, spec):
        self.spec = spec
        components = spec.get("components", {})
        self.validator = Draft4Validator({
            "definitions": self.strict_all(spec.get("definitions", {})),
            "components": {
                "schemas": self.strict_all(components.get("schemas", {}))}})

    def problems(self, place, value, schema):
        """What of the value the schema refuses, one text each."""
        validator = self.validator.evolve(schema=self.strict(schema))
        for error in validator.iter_errors(value):
            error = best_match([error])
            path = "".join(f".{step}" for step in error.absolute_path)
            yield f"{place}{path}: {error.message[:200]}"

    def follow(self, thing):
        """The thing itself, where there may be a $ref to it."""
        while "$ref" in thing:
            steps = thing["$ref"].split("/")[1:]
            thing = self.spec
            for step in steps:
                thing = thing[step.replace("~1", "/").replace("~0", "~")]
        return thing

    def strict_all(self, schemas):
        return {name: self.strict(one) for name, one in schemas.items()}

    def strict(self, schema):
        if not isinstance(schema, dict):
            return schema               # additionalProperties: true
        if "$ref" in schema:
            found = {"$ref": schema["$ref"]}
        else:
            found = self.join(self.parts(schema))
        if schema.get("x-nullable", schema.get("nullable")):
            found = {"anyOf": [found, {"type": "null"}]}
        return found

    def parts(self, schema):
        """The schema and all it is made of by $ref and allOf."""
        schema = self.follow(schema)
        return sum(map(self.parts, schema.get("allOf", [])), [schema])

    def join(self, parts):
        found = {"allOf": [self.own_words(part) for part in parts]}
        properties, rest = {}, []
        for part in parts:
            for name, schema in part.get("properties", {}).items():
                all_of = properties.setdefault(name, {"allOf": []})["allOf"]
                all_of.append(self.strict(schema))
            if "additionalProperties" in part:
                rest.append(self.strict(part["additionalProperties"]))
        found["properties"] = properties
        if rest:
            found["additionalProperties"] = rest[0]
        elif properties and not any(CHOICES & part.keys() for part in parts):
            found["additionalProperties"] = False
        return found

    def own_words(self, part):
        """A part without its properties, which join puts together."""
        found = {**FORMATS.get(part.get("format"), {}),
                 **{key: part[key] for key in KEYWORDS & part.keys()}}
        if part.get("format") == "int-or-string":
            found["type"] = ["integer", "string"]
        if "items" in part:
            found["items"] = self.strict(part["items"])
        for key in CHOICES & part.keys():
            found[key] = [self.strict(choice) for choice in part[key]]
        return found

# SPDX-License-Identifier: GPL-2.0-or-later
"""data/openapi.json as something to hold answers against: statuses, content types, schemas, and the
codes of problems."""

import copy
import functools
import json
import re

import jsonschema

from .process import ROOT

# Members of events whose values the document may name, one by one.
NAMED = ('by', 'reason', 'role', 'show', 'state', 'status', 'subscription', 'type', 'user_action')
METHODS = ('get', 'put', 'post', 'patch', 'delete')
PROBLEM = 'application/problem+json'


def _close(schema):
    """Members that the document does not name are wrong, where it names any."""
    if isinstance(schema, list):
        for item in schema:
            _close(item)
    elif isinstance(schema, dict):
        if 'properties' in schema and 'additionalProperties' not in schema:
            schema['unevaluatedProperties'] = False
        for name, item in schema.items():
            if name not in ('allOf', 'required', 'enum', 'example', 'examples'):
                _close(item)


class Contract:
    def __init__(self):
        self.document = json.loads((ROOT / 'data' / 'openapi.json').read_text(encoding='utf-8'))
        self.strict = copy.deepcopy(self.document)
        _close(self.strict)
        self.resolver = jsonschema.RefResolver('', self.strict)

    def operations(self):
        """{'GET /v1/account': operation}"""
        return {'%s %s' % (method.upper(), path): operation
                for path, item in self.strict['paths'].items()
                for method, operation in item.items() if method in METHODS}

    def response(self, operation, status):
        found = self.operations()[operation]['responses'][str(status)]
        return self.resolver.resolve(found['$ref'])[1] if '$ref' in found else found

    def is_open(self, operation):
        return self.operations()[operation].get('security') == []

    def takes_body(self, operation):
        return 'requestBody' in self.operations()[operation]

    def check(self, operation, status, answer):
        """None, or what is wrong with an answer of that status."""
        response = self.response(operation, status)
        kind = answer.headers.get('Content-Type', '').partition(';')[0]
        content = response.get('content', {})
        if not content:
            return 'a body that the document does not name' if answer.body else None
        if kind not in content:
            return 'the content type %r, where the document has %s' % (kind, list(content))
        if kind == PROBLEM:
            codes = re.findall(r'`([a-z-]+)`', response['description'])
            if answer.json['code'] not in codes:
                return 'the code %r, where the document has %s' % (answer.json['code'], codes)
        if kind == 'application/json' or kind == PROBLEM:
            validator = jsonschema.Draft202012Validator(content[kind]['schema'],
                                                        resolver=self.resolver)
            for error in validator.iter_errors(answer.json):
                return 'at /%s: %s' % ('/'.join(map(str, error.absolute_path)), error.message)
        return None

    def kinds(self):
        """Of events, as their type names them."""
        return set(self.document['components']['schemas']['Event']['discriminator']['mapping'])

    def check_event(self, event):
        """None, or what is wrong with it."""
        mapping = self.strict['components']['schemas']['Event']['discriminator']['mapping']
        if event.get('type') not in mapping:
            return 'no schema of that type'
        validator = jsonschema.Draft202012Validator({'$ref': mapping[event['type']]},
                                                    resolver=self.resolver)
        for error in validator.iter_errors(event):
            return 'at /%s: %s' % ('/'.join(map(str, error.absolute_path)), error.message)
        return None


_contract = functools.lru_cache(Contract)
_held = set()


def _shape(value, name=None):
    if isinstance(value, dict):
        return tuple((key, _shape(item, key)) for key, item in sorted(value.items()))
    if isinstance(value, list):
        return frozenset(map(_shape, value))
    return value if name in NAMED else type(value)


def hold_event(event):
    """Whatever the daemon tells a test is as the document has it. Of those that look alike, one is
    enough: some tests read many thousands."""
    shape = _shape(event)
    if shape in _held:
        return
    wrong = _contract().check_event(event)
    if wrong is not None:
        raise AssertionError('%s in the event %r' % (wrong, event))
    _held.add(shape)


def hold_events_of(answer):
    """Of a page of events or of history, or of a snapshot."""
    found = answer.get('events', answer.get('messages', []))
    for event in found + [one['last'] for one in answer.get('conversations', [])]:
        hold_event(event)

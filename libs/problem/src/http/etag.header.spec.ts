import { entityTag, expectedBy, requireExpected } from './etag.header.js';

it('gives a strong tag of version and content', () => {
  const tag = entityTag(7, { id: 'a', version: 7 });
  expect(tag).toMatch(/^"7-[A-Za-z0-9_-]{16}"$/);
  expect(entityTag(7, { id: 'a', version: 7 })).toBe(tag);
  expect(entityTag(7, { id: 'b', version: 7 })).not.toBe(tag);
});

it.each([
  ['"7-abc"', 7],
  ['"6-abc", "7-xyz"', 7],
  ['*', 123],
])('If-Match %s accepts version %d', (header, version) => {
  expect(() => requireExpected(expectedBy(header), version)).not.toThrow();
});

it.each(['"6-abc"', 'W/"7-abc"', '"foreign"', '"7"', '"-7-abc"'])(
  'If-Match %s does not accept version 7',
  (header) => {
    expect(() => requireExpected(expectedBy(header), 7)).toThrow('version_conflict');
  },
);

it.each([
  [undefined, 'precondition_required'],
  ['', 'malformed_request'],
  ['7', 'malformed_request'],
  ['"7-abc', 'malformed_request'],
])('If-Match %p is refused as %s', (header, code) => {
  expect(() => expectedBy(header)).toThrow(code);
});

import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** The types that `DomainEventPayloads` declares. */
function declaredTypes(): string[] {
  const file = 'libs/contracts/src/domain/domain-event.ts';
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const payloads = source.statements
    .filter(ts.isInterfaceDeclaration)
    .find((statement) => statement.name.text === 'DomainEventPayloads');
  return payloads!.members.map((member) => (member.name as ts.StringLiteral).text);
}

/** The types in the first column of the table in docs/events.md. */
function documentedTypes(): string[] {
  const page = readFileSync('docs/events.md', 'utf8');
  return [...page.matchAll(/^\| `([^`]+)` *\|/gm)].map((match) => match[1]!);
}

it('has every DomainEvent on the page of DomainEvents, in the same order', () => {
  expect(declaredTypes().length).toBeGreaterThan(0);
  expect(documentedTypes()).toEqual(declaredTypes());
});

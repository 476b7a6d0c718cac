import { STATUS_CODES } from 'node:http';
import type { Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { SECURITY } from '#libs/identity';
import { problemsOf } from '#libs/problem';
import { type RouteAccess, accessOf } from './access.js';
import { answerHeaders, components, limitHeaders } from './components.js';
import { exampleOf } from './example.js';
import type { Answer, Operation } from './openapi.types.js';
import { problemAnswers, sharedProblems, takesKey } from './problems.js';

const DESCRIPTION = `Tickets for events, never sold twice.

Errors are \`application/problem+json\` with a stable \`code\`. Lists take \`limit\` and \`cursor\`. A POST with an
\`Idempotency-Key\` can be repeated without being done again. Money is in minor units, times are UTC.`;

const TAGS: Record<string, string> = {
  Accounts: 'Registering, signing in, roles, api keys.',
  Events: 'Events, their ticket types and seats; the public directory.',
  Bookings: 'Holds and bookings.',
  Waitlist: 'Waiting for what is taken, and what is offered then.',
  Prices: 'Optimal prices, and policies tried in simulated markets.',
  'Real time': 'What happens, as it happens: a WebSocket.',
  Operations: 'Health, metrics and limits.',
};

/** Serves the OpenAPI document at /docs-json and Swagger UI at /docs. Call it before the application is initialised. */
export function serveDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => openApiOf(app), {
    jsonDocumentUrl: 'docs-json',
    raw: ['json'],
    customSiteTitle: 'Evently API',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true, tagsSorter: 'alpha' },
  });
}

/** The document: what the decorators say, and what all operations have in common. */
export function openApiOf(app: NestFastifyApplication): OpenAPIObject {
  const operationIdFactory = (controller: string, method: string) => `${controller}.${method}`;
  const document = SwaggerModule.createDocument(app, outline(), { operationIdFactory });
  document.components = {
    ...document.components,
    ...components,
    schemas: { ...document.components?.schemas, ...components.schemas },
  };
  const handlerOf = handlers(app);
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item) as [string, Operation][]) {
      const { controller, handler } = handlerOf(operation.operationId!);
      const access = accessOf(controller, handler);
      operation.operationId = operation.operationId!.replace(
        /^(.)(.*)Controller\./,
        (_, a: string, b: string) => `${a.toLowerCase()}${b}_`,
      );
      splitSummary(operation);
      secure(operation, access);
      if (takesKey(method, path, access)) addKey(operation);
      addExamples(operation, document);
      describeAnswers(operation);
      const problems = { ...sharedProblems(method, path, operation, access), ...problemsOf(handler) };
      operation.responses = { ...operation.responses, ...problemAnswers(problems, path) };
      addHeaders(operation, path);
    }
  }
  return document;
}

function outline() {
  const builder = new DocumentBuilder()
    .setTitle('Evently')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addServer('/')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'From /v1/auth/login.' },
      SECURITY.bearer,
    )
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'X-Api-Key', description: "An organizer's machine." },
      SECURITY.apiKey,
    );
  for (const [name, description] of Object.entries(TAGS)) builder.addTag(name, description);
  return builder.build();
}

/** Finds the controller and the method behind `EventsController.publish`. */
function handlers(app: NestFastifyApplication) {
  const modules = [...app.get(ModulesContainer).values()];
  const classes = modules.flatMap((module) =>
    [...module.controllers.values()].map(({ metatype }) => metatype as Type),
  );
  const byName = new Map(classes.map((controller) => [controller.name, controller]));
  return (operationId: string): { controller: Type; handler: object } => {
    const [name, method] = operationId.split('.') as [string, string];
    const controller = byName.get(name)!;
    return { controller, handler: (controller.prototype as Record<string, object>)[method]! };
  };
}

/** The first paragraph of a method's comment is its summary, the rest its description. */
function splitSummary(operation: Operation): void {
  const [summary, ...rest] = (operation.summary ?? '').split('\n\n');
  operation.summary = summary!.replace(/\s+/g, ' ');
  if (rest.length) operation.description = [...rest, operation.description].filter(Boolean).join('\n\n');
}

function secure(operation: Operation, { kind, roles, scopes }: RouteAccess): void {
  if (kind === 'anonymous') {
    operation.security = [];
    return;
  }
  const ways: Record<string, string[]>[] = [{ [SECURITY.bearer]: [] }];
  if (scopes.length || kind === 'public') ways.push({ [SECURITY.apiKey]: [] });
  operation.security = kind === 'public' ? [{}, ...ways] : ways;
  const needs = [
    roles.length && `Roles: ${roles.join(', ')}.`,
    scopes.length && `Scopes of api keys: ${scopes.join(', ')}.`,
  ];
  const text = needs.filter(Boolean).join(' ');
  if (text) operation.description = [operation.description, text].filter(Boolean).join('\n\n');
}

function addKey(operation: Operation): void {
  operation.parameters = [
    ...(operation.parameters ?? []),
    { $ref: '#/components/parameters/IdempotencyKey' },
  ];
  for (const [status, answer] of Object.entries(operation.responses)) {
    if (!status.startsWith('2')) continue;
    const { headers } = answer as Answer;
    const replayed = { 'Idempotency-Replayed': { $ref: '#/components/headers/IdempotencyReplayed' } };
    (answer as Answer).headers = { ...headers, ...replayed };
  }
}

/** An example of each body that has none. */
function addExamples(operation: Operation, document: OpenAPIObject): void {
  const bodies = [operation.requestBody, ...Object.values(operation.responses)];
  for (const body of bodies) {
    if (!body || '$ref' in body) continue;
    for (const media of Object.values(body.content ?? {})) {
      if (media.example === undefined && !media.examples && media.schema) {
        media.example = exampleOf(media.schema, document);
      }
    }
  }
}

function describeAnswers(operation: Operation): void {
  for (const [status, answer] of Object.entries(operation.responses) as [string, Answer][]) {
    answer.description ||= STATUS_CODES[status] ?? status;
  }
}

function addHeaders(operation: Operation, path: string): void {
  const shared = path.startsWith('/v1/') ? { ...answerHeaders, ...limitHeaders } : answerHeaders;
  for (const answer of Object.values(operation.responses) as Answer[]) {
    answer.headers = { ...shared, ...answer.headers };
  }
}

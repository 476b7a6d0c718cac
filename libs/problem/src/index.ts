export { PROBLEM_TYPE, problemOf, problemType } from './domain/problem.js';
export { accept, compile } from './http/compiled.dto.js';
export { parseBodies } from './http/body.parsers.js';
export {
  type Expected,
  IfMatch,
  entityTag,
  entityTagOf,
  expectedBy,
  requireExpected,
  sendTagged,
  sendUnlessKnown,
} from './http/etag.header.js';
export { refusalOf } from './http/error.mapping.js';
export { IdPipe } from './http/id.pipe.js';
export {
  IsCount,
  IsFlag,
  IsId,
  IsInstant,
  IsListOf,
  IsObjectOf,
  Omittable,
} from './http/input.decorators.js';
export { InputPipe } from './http/input.pipe.js';
export { PageQueryDto } from './http/page-query.dto.js';
export { ProblemFilter } from './http/problem.filter.js';
export { sendProblem } from './http/problem.reply.js';
export { RouteTable } from './http/route.table.js';
export { answerSocketError } from './http/socket.errors.js';
export { ApiProblems, type Kinds, problemsOf } from './http/problems.decorator.js';

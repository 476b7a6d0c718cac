export { inputPipe } from './http/input.pipe.js';
export { ProblemFilter } from './http/problem.filter.js';

export { append } from './persistence/append.js';

export { append, appendOnMaster } from './persistence/append.js';

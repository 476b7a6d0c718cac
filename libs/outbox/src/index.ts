export { append, appendOnMaster } from './persistence/append.sql.js';

export { directory, directoryStock } from './worker/directory.projection.js';

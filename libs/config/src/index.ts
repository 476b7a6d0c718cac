export { type Config, type DatabaseUrls, readConfig } from './config.js';
export { ConfigModule, InjectConfig } from './config.module.js';

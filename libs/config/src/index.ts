export { type Config, type DatabaseUrls, type OtlpConfig, readConfig } from './config.js';
export { closeOnSignals } from './shutdown.signals.js';
export { ConfigModule, InjectConfig } from './config.module.js';

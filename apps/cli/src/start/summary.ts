import type { DataFolder } from './data-folder.js';
import type { Settings } from './settings.js';

/** What to know once all is up. */
export function summary(settings: Settings, folder: DataFolder, env: NodeJS.ProcessEnv): string {
  const api = `http://${settings.host}:${settings.ports.PORT}`;
  const lines: [string, string][] = [
    ['API', `${api}/v1`],
    ['Documentation', `${api}/docs`],
    ['Metrics', `${api}/metrics`],
    ['Readiness', `${api}/health/ready`],
    ['Administrator', env.ADMIN_EMAIL!],
    ['  password', process.env.ADMIN_PASSWORD ? 'as set in ADMIN_PASSWORD' : env.ADMIN_PASSWORD!],
    ['Data and logs', folder.path],
  ];
  const text = lines.map(([name, value]) => `    ${name.padEnd(16)}${value}`).join('\n');
  return `\n  Evently is ready. Ctrl-C stops it.\n\n${text}\n`;
}

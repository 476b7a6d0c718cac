// What the npm scripts run that need nothing started: builds what is out of date, then runs a command of the
// program. `node apps/cli/run.mjs forecast …`
import { join } from 'node:path';
import { root } from './bootstrap/checkout.mjs';
import { build, onePreparing } from './bootstrap/prepare.mjs';

await onePreparing(build);
// npm runs scripts in the root of the package; paths on its command line are meant from where it was called.
if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
process.argv[1] = join(root, 'dist/apps/cli/src/main.js');
await import(process.argv[1]);

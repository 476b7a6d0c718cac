// Named with `node --import`: runs the TypeScript of tests and benchmarks as it stands.
import { registerHooks } from 'node:module';

// Node strips types by itself but takes `./x.js` literally; our sources mean `./x.ts`.
registerHooks({
  resolve(specifier, context, next) {
    const ours = specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts');
    return next(ours ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
});

import { defineConfig } from 'prisma/config';

// Only for `prisma generate`: the url is never connected to, migrations are applied by `evently migrate`.
export default defineConfig({
  schema: '.',
  datasource: { url: 'postgres://generate@localhost/none' },
});

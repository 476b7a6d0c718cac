/** What only the whole graph shows. Who may import whom is held by ESLint (eslint.config.mjs). */
export default {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'Two files that import each other are one, or need a third below them. Types count too.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^#prisma/' },
    },
    {
      name: 'production-needs-no-dev-dependency',
      comment: 'What runs in production is listed under dependencies.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-specs-in-code',
      comment:
        'Code does not import specs, test support or benchmarks: what is only compared with is no product.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '\\.spec\\.ts$|^(test|benchmarks)/' },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'prisma/generated'] },
    exclude: { path: ['^dist/'] },
    tsPreCompilationDeps: true,
    // The aliases of package.json lead to what is built; these lead to the source.
    tsConfig: { fileName: 'lint/tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'require', 'types'],
    },
  },
};

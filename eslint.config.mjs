import boundaries from 'eslint-plugin-boundaries';
import prettier from 'eslint-config-prettier/flat';
import tseslint from 'typescript-eslint';
import {
  BENCHMARKS_MAY_ALSO_IMPORT,
  HOMES,
  HTTP_MAY_ALSO_IMPORT,
  KINDS,
  MAY_IMPORT,
  PURE_PACKAGES,
} from './lint/architecture.mjs';
import house from './lint/house.plugin.mjs';

const root = import.meta.dirname;
const OUTSIDE = ['external', 'core'];
const ENTRY = 'src/index.ts';

const restrictedSyntax = [
  {
    selector: 'Identifier[name="forwardRef"]',
    message: 'No forwardRef: two modules that need each other are one, or need a third below them.',
  },
];

const processEnv = [
  {
    selector: 'MemberExpression[object.name="process"][property.name="env"]',
    message: 'Only libs/config reads process.env; ask for the Config instead.',
  },
  {
    selector: 'ImportDeclaration[source.value=/^(node:)?process$/] ImportSpecifier[imported.name="env"]',
    message: 'Only libs/config reads process.env; ask for the Config instead.',
  },
  {
    selector: 'VariableDeclarator[init.name="process"] > ObjectPattern > Property[key.name="env"]',
    message: 'Only libs/config reads process.env; ask for the Config instead.',
  },
];

const pureDomain = [
  { selector: 'AwaitExpression', message: 'domain/ awaits nothing: what it needs comes in as values.' },
  { selector: ':function[async=true]', message: 'domain/ awaits nothing: what it needs comes in as values.' },
  {
    selector: 'ForOfStatement[await=true]',
    message: 'domain/ awaits nothing: what it needs comes in as values.',
  },
];

const valuesOnly = [
  {
    selector: 'CallExpression[callee.object.name="Date"][callee.property.name="now"]',
    message: 'domain/ is given the time as a value.',
  },
  {
    selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
    message: 'domain/ is given the time as a value.',
  },
  {
    selector: 'CallExpression[callee.object.name="Math"][callee.property.name="random"]',
    message: 'domain/ is given randomness as a value.',
  },
  {
    selector: 'CallExpression[callee.object.name="performance"]',
    message: 'domain/ is given the time as a value.',
  },
];

const specs = ['**/*.spec.ts', 'test/**', 'benchmarks/**'];

/** Imports between libraries: from each kind to the kinds below it, through the front door. */
const imports = {
  default: 'disallow',
  checkAllOrigins: true,
  checkInternals: true,
  checkUnknownLocals: true,
  message:
    '{{ from.file.path }} may not import "{{ dependency.source }}": docs/architecture.md, "Imports" says who may import whom.',
  policies: [
    // Inside one library, by relative path; any package or Node module that has no home of its own.
    { allow: { dependency: { relationship: { to: 'internal' } } } },
    { allow: { to: { module: { origin: OUTSIDE } } } },
    {
      disallow: { dependency: { relationship: { to: 'internal' }, source: '#libs/*' } },
      message: 'A library does not enter itself by its front door: import the file by its relative path.',
    },
    ...Object.entries(MAY_IMPORT).map(([from, to]) => ({
      from: { element: { type: from } },
      allow: {
        to: { element: { type: to, fileInternalPath: ENTRY } },
        dependency: { source: '#libs/*' },
      },
    })),
    {
      from: { file: { categories: 'http' } },
      allow: {
        to: { element: { type: HTTP_MAY_ALSO_IMPORT, fileInternalPath: ENTRY } },
        dependency: { source: '#libs/*' },
      },
    },
    {
      from: { element: { type: 'benchmark' } },
      allow: { to: { element: { type: BENCHMARKS_MAY_ALSO_IMPORT } } },
    },
    // Generated at build time, so it may not be there yet: known by its name alone.
    { allow: { dependency: { source: '#prisma/*' } } },
    // domain/ is pure: it imports domain/, the kernel and packages without effects.
    {
      from: { file: { categories: 'domain' } },
      disallow: { to: { module: { origin: '*' } } },
      message:
        'domain/ imports only domain/, #libs/kernel and pure packages; "{{ dependency.source }}" is none of them.',
    },
    {
      from: { file: { categories: 'domain' } },
      allow: [
        { to: { file: { categories: 'domain' } }, dependency: { relationship: { to: 'internal' } } },
        { to: { element: { type: 'kernel', fileInternalPath: ENTRY } } },
        { to: { module: { origin: 'external', source: PURE_PACKAGES } } },
        { to: { module: { origin: 'core', source: ['crypto', 'node:crypto'] } } },
      ],
    },
    // Packages with a home.
    ...HOMES.map((home, index) => ({
      from: { file: { categories: { noneOf: [`home-${index}`] } } },
      disallow: [{ to: { module: { source: home.packages } } }, { dependency: { source: home.packages } }],
      message: home.why,
    })),
  ],
};

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'prisma/generated/', '.evently/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    plugins: { boundaries, house },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    settings: {
      'import/resolver': {
        typescript: { project: `${root}/lint/tsconfig.json` },
      },
      'boundaries/root-path': root,
      'boundaries/elements': KINDS.map((kind) => ({ ...kind, partialMatch: false })),
      'boundaries/files': [
        // Every file needs a category: without one, noneOf never matches.
        { category: 'file', pattern: '**' },
        { category: 'domain', pattern: 'libs/*/src/domain/**' },
        { category: 'http', pattern: 'libs/*/src/http/**' },
        ...HOMES.map((home, index) => ({ category: `home-${index}`, pattern: home.files })),
      ],
      'boundaries/files-single-match': false,
    },
    rules: {
      'house/path-grammar': 'error',
      'max-lines': ['error', { max: 400 }],
      'boundaries/dependencies': ['error', imports],
      'no-restricted-syntax': ['error', ...restrictedSyntax, ...processEnv],
      'no-console': 'error',
      eqeqeq: 'error',
      // Rows of hand-written SQL and bodies of answers are any; the types around them are checked.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/no-extraneous-class': 'off',
    },
  },
  {
    files: ['libs/*/src/domain/**/*.ts'],
    ignores: ['libs/kernel/**', ...specs],
    rules: {
      'no-restricted-syntax': ['error', ...restrictedSyntax, ...processEnv, ...pureDomain, ...valuesOnly],
      'no-restricted-imports': [
        'error',
        {
          paths: ['node:crypto', 'crypto'].map((name) => ({
            name,
            importNames: ['randomBytes', 'randomUUID', 'randomInt', 'randomFill', 'webcrypto'],
            message: 'domain/ is given randomness as a value.',
          })),
        },
      ],
    },
  },
  {
    // The kernel makes ids and clocks, so it may read time and randomness; it awaits nothing either.
    files: ['libs/kernel/src/domain/**/*.ts'],
    ignores: specs,
    rules: { 'no-restricted-syntax': ['error', ...restrictedSyntax, ...processEnv, ...pureDomain] },
  },
  {
    // Configuration, and what runs before there is one: the start-up scripts.
    files: ['libs/config/**/*.ts', 'apps/cli/src/**/*.ts'],
    ignores: specs,
    rules: { 'no-restricted-syntax': ['error', ...restrictedSyntax] },
  },
  { files: ['apps/cli/src/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    files: specs,
    rules: {
      'boundaries/dependencies': 'off',
      'no-restricted-syntax': ['error', ...restrictedSyntax],
      'no-console': 'off',
      // Answers are any until they are asserted, and a step may or may not be a promise.
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/await-thenable': 'off',
    },
  },
  {
    files: ['benchmarks/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'boundaries/dependencies': ['error', imports],
      // They run as they are written, by Node, which only leaves types out.
      '@typescript-eslint/parameter-properties': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    },
  },
  { files: ['**/*.spec.ts'], rules: { 'house/test-name': 'error' } },
  prettier,
);

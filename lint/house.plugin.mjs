import { isAbsolute, relative, sep } from 'node:path';
import { EMPTY_NAMES } from './architecture.mjs';

const WORD = '[a-z0-9]+(?:-[a-z0-9]+)*';
const FILE = new RegExp(`^${WORD}(?:\\.${WORD})?(?:\\.spec)?\\.ts$`);
const FILE_WITH_ROLE = new RegExp(`^${WORD}\\.${WORD}(?:\\.spec)?\\.ts$`);
const FOLDER = new RegExp(`^${WORD}$`);

/** Why this path (relative to the root, with slashes) breaks the grammar, or null. */
export function faultOfPath(path) {
  const parts = path.split('/');
  const empty = parts.find((part) => EMPTY_NAMES.includes(part) && part !== 'libs');
  if (empty) return `"${empty}" says nothing about what is inside: name the subject.`;
  if (parts[0] !== 'libs') return null;
  const [, lib, src, ...rest] = parts;
  const file = rest.pop();
  if (src !== 'src' || file === undefined) return 'a library’s code lies under libs/<lib>/src/.';
  if (![lib, ...rest].every((part) => FOLDER.test(part)))
    return 'folders are lower case, words joined by hyphens.';
  if (rest.length > 2) return 'at most libs/<lib>/src/<layer>/<subject>/: split the library instead.';
  if (!FILE.test(file))
    return 'files are named <noun-or-verb>.<role>.ts, lower case, words joined by hyphens.';
  const named = rest[0] === 'domain' || file === 'index.ts' || file.split('.')[0] === lib;
  if (!named && !FILE_WITH_ROLE.test(file.replace('.spec.ts', '.ts')))
    return 'outside domain/ a file says its role: <noun-or-verb>.<role>.ts (seats.repository.ts, hold.dto.ts).';
  return null;
}

/** Why this is no sentence of the trade, together with the subjects around it, or null. */
export function faultOfTestName(name, subjects = '') {
  if (/^(should|test|tests|works|it)\b/i.test(name))
    return 'say what happens, without “should”, “test” or “works”';
  if (`${subjects} ${name}`.trim().split(/\s+/).length < 3) return 'say in at least three words what holds';
  return null;
}

const pathGrammar = {
  meta: { type: 'problem', schema: [], messages: { path: '{{ path }}: {{ fault }}' } },
  create(context) {
    return {
      Program(node) {
        const file = context.filename;
        const path = (isAbsolute(file) ? relative(context.cwd, file) : file).split(sep).join('/');
        const fault = faultOfPath(path);
        if (fault)
          context.report({ node, loc: { line: 1, column: 0 }, messageId: 'path', data: { path, fault } });
      },
    };
  },
};

const testName = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { name: 'A test’s name is a sentence of the trade: {{ fault }}.' },
  },
  create(context) {
    return {
      CallExpression(node) {
        const text = nameOfTest(node);
        const fault = text === null ? null : faultOfTestName(text, subjectsOf(node));
        if (fault) context.report({ node: node.arguments[0], messageId: 'name', data: { fault } });
      },
    };
  },
};

/** What the enclosing `describe`s are about. */
function subjectsOf(node) {
  let text = '';
  for (let outer = node.parent; outer; outer = outer.parent) {
    const name = outer.type === 'CallExpression' && nameOfCall(outer, ['describe']);
    if (name) text = `${name} ${text}`;
  }
  return text;
}

/** The literal name in `it('…')`, `test.each(…)('…')` and the like, or null. */
function nameOfTest(node) {
  return nameOfCall(node, ['it', 'test']);
}

function nameOfCall(node, functions) {
  let callee = node.callee;
  while (callee.type !== 'Identifier') {
    if (callee.type === 'MemberExpression') callee = callee.object;
    else if (callee.type === 'CallExpression') callee = callee.callee;
    else if (callee.type === 'TaggedTemplateExpression') callee = callee.tag;
    else return null;
  }
  if (!functions.includes(callee.name)) return null;
  const [first] = node.arguments;
  if (first?.type === 'Literal' && typeof first.value === 'string') return first.value;
  if (first?.type === 'TemplateLiteral') return first.quasis.map((part) => part.value.cooked).join('…');
  return null;
}

/** Rules of this house that no published plugin has. */
export default { rules: { 'path-grammar': pathGrammar, 'test-name': testName } };

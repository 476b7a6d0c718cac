import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';

/** Serves docs/problems.md at /docs/problems, where the `type` of every problem leads to, `#code` included. */
export function serveProblems(fastify: FastifyInstance): void {
  const page = toHtml(readFileSync(join(rootAbove(import.meta.dirname), 'docs/problems.md'), 'utf8'));
  fastify.get('/docs/problems', (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
}

/** The checkout: the sources and dist/ lie at different depths in it. */
function rootAbove(folder: string): string {
  if (existsSync(join(folder, 'docs/problems.md'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('docs/problems.md is missing beside dist/');
  return rootAbove(parent);
}

/** As much of Markdown as docs/problems.md uses: headings, tables, a code block, paragraphs, `code`. */
function toHtml(markdown: string): string {
  const blocks = escape(markdown)
    .trim()
    .split(/\n{2,}(?=[^ }])/)
    .map(toBlock);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Evently problems</title>
<style>body{font:16px/1.5 sans-serif;max-width:70em;margin:2em auto;padding:0 1em}td,th{text-align:left;vertical-align:top;padding:.3em .6em}tr:target{background:#fe9}</style>
${blocks.join('\n')}</html>`;
}

function toBlock(block: string): string {
  const heading = /^(#+) (.*)/.exec(block);
  if (heading) return `<h${heading[1]!.length}>${inline(heading[2]!)}</h${heading[1]!.length}>`;
  const fence = /^```\w*\n([\s\S]*)\n```$/.exec(block);
  if (fence) return `<pre>${fence[1]}</pre>`;
  if (block.startsWith('|')) return toTable(block.split('\n'));
  return `<p>${inline(block)}</p>`;
}

function toTable([head, , ...rows]: string[]): string {
  const cells = (row: string, tag: string) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => `<${tag}>${inline(cell.trim())}</${tag}>`)
      .join('');
  const lines = rows.map((row) => `<tr id="${/`(\w+)`/.exec(row)?.[1]}">${cells(row, 'td')}</tr>`);
  return `<table><tr>${cells(head!, 'th')}</tr>${lines.join('')}</table>`;
}

function inline(text: string): string {
  return text.replace(/`([^`]+)`/g, '<code>$1</code>');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

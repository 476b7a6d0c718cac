/** A Markdown table. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '--')), ...rows.map(line)].join('\n');
}

export function verdict(met: boolean): string {
  return met ? 'met' : '**missed**';
}

/** A part of the report: its text and the plots that it shows, by file name. */
export interface Section {
  text: string;
  plots: Record<string, string>;
}

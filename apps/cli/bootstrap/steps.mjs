const TICK = 1_000;

/**
 * Shows a step while it runs and how long it took, on standard error: standard output is for results. On a
 * terminal its line counts the seconds.
 * @template T
 * @param {string} title
 * @param {() => T | Promise<T>} work
 * @param {(result: T) => string} [tell] something to add about the result
 * @returns {Promise<T>}
 */
export async function step(title, work, tell = () => '') {
  const start = performance.now();
  const seconds = (digits) => `${((performance.now() - start) / 1000).toFixed(digits)} s`;
  const terminal = process.stderr.isTTY;
  const show = (mark, text, end) =>
    process.stderr.write(`${terminal ? '\r\u001b[K' : ''}  ${mark} ${text}${end}`);
  show('…', title, terminal ? '' : '\n');
  const ticking = terminal ? setInterval(() => show('…', `${title}  ${seconds(0)}`, ''), TICK) : undefined;
  try {
    const result = await work();
    clearInterval(ticking);
    show('✓', [title, tell(result), seconds(1)].filter(Boolean).join('  '), '\n');
    return result;
  } catch (error) {
    clearInterval(ticking);
    show('✗', `${title}  ${seconds(1)}`, '\n');
    throw error;
  }
}

/** Lets a broken terminal or pipe (`| head`, a closed window) not end us before we have cleaned up. */
export function outliveOutput() {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

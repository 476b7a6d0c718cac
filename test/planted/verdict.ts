import type { PlantedBug } from './planted-bug.js';

/** What Jest writes with --json, as far as it matters here. */
export interface JestReport {
  testResults: {
    /** Why the file did not run, if it did not. */
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

export type Verdict =
  /** The test found the bug, and said so in these words. */
  | { kind: 'red'; words: string }
  /** The test passed. */
  | { kind: 'green' }
  /** Nothing can be said: the test did not run, or failed for another reason. */
  | { kind: 'unclear'; reason: string };

/** What became of the test that a bug names. */
export function verdictOf({ test, says }: Pick<PlantedBug, 'test' | 'says'>, report: JestReport): Verdict {
  const named = report.testResults
    .flatMap((file) => file.assertionResults)
    .filter(({ fullName, status }) => fullName.includes(test) && !['pending', 'todo'].includes(status));
  if (!named.length) {
    const [message] = report.testResults.map((file) => file.message).filter(Boolean);
    return { kind: 'unclear', reason: `no such test ran: ${test}\n${message ?? ''}`.trim() };
  }
  const failures = named.flatMap(({ failureMessages }) => failureMessages);
  const found = failures.find((message) => message.includes(says));
  if (found !== undefined) return { kind: 'red', words: lineWith(says, found) };
  if (!failures.length) return { kind: 'green' };
  return { kind: 'unclear', reason: `it does not say "${says}", but:\n${failures[0]!}` };
}

function lineWith(part: string, text: string): string {
  const [first] = text.slice(text.lastIndexOf('\n', text.indexOf(part)) + 1).split('\n');
  return first!.trim().slice(0, 160);
}

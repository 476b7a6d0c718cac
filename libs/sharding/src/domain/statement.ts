const TABLE = String.raw`(?:only )?(?:"?public"?\.)?"?(\w+)(?!\w*\()`;
// Not the UPDATE of FOR UPDATE and of ON CONFLICT DO UPDATE SET, nor the FROM of extract(epoch FROM …).
const WRITE = new RegExp(String.raw`\b(insert into|(?<!for |do |key )update|delete from) ${TABLE}`, 'i');
const READ = new RegExp(String.raw`(?<!epoch )\bfrom ${TABLE}`, 'i');
const VERB = /[a-z]+/i;

/** What a statement does (`UPDATE outbox`, `SELECT events`), and nothing of the values that its text may hold. */
export function summaryOf(text: string): string {
  const plain = text.replace(/--[^\n]*/g, ' ').replace(/\s+/g, ' ');
  const write = WRITE.exec(plain);
  if (write) return `${write[1]!.split(' ')[0]!.toUpperCase()} ${write[2]!}`;
  const table = READ.exec(plain)?.[1];
  if (table) return `SELECT ${table}`;
  return VERB.exec(plain)?.[0].toUpperCase() ?? 'SQL';
}

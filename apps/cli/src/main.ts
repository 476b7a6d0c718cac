import { Command } from 'commander';
import { migrateCommand } from './migrate/migrate.command.js';
import { forecastCommands } from './pricing/forecast.command.js';
import { reportCommand } from './pricing/report.command.js';
import { simulateCommand } from './pricing/simulate.command.js';
import { replayCommand } from './replay/replay.command.js';
import { seedCommand } from './seed/seed.command.js';
import { startCommand } from './start/start.command.js';
import { waitlistCommands } from './waitlist/waitlist-backtest.command.js';

const program = new Command('evently').description('Starts, migrates, seeds and exercises Evently.');
startCommand(program);
seedCommand(program);
replayCommand(program);
migrateCommand(program);
forecastCommands(program);
simulateCommand(program);
reportCommand(program);
waitlistCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  console.error(`\n${(error as Error).message}`);
  process.exitCode = 1;
}

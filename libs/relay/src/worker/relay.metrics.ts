import { counter, histogram } from '#libs/tracing';

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300];

export const batchRows = histogram(
  'relay_batch_rows',
  'Rows of a claimed batch, by database.',
  [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000],
  ['database'],
);

export const dispatchSeconds = histogram(
  'relay_dispatch_seconds',
  'From writing a DomainEvent to its claim, by database.',
  SECONDS,
  ['database'],
);

export const confirmSeconds = histogram(
  'relay_confirm_seconds',
  'From writing a DomainEvent to a consumer’s confirmation, by consumer.',
  SECONDS,
  ['consumer'],
);

export const failures = counter(
  'relay_failures_total',
  'Failed attempts of consumers at DomainEvents, by consumer; a database that is away does not count.',
  ['consumer'],
);

export const effectSeconds = histogram(
  'effect_seconds',
  'Attempts at effects, by effect and outcome: done or failed.',
  SECONDS,
  ['effect', 'outcome'],
);

export const effectWaitSeconds = histogram(
  'effect_wait_seconds',
  'From dispatching an effect to its first attempt, by effect.',
  SECONDS,
  ['effect'],
);

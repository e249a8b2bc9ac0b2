/**
 * Settings of a server that is right at any speed, for tests and plays: it sheds no load, and waits long for whatever a
 * busy machine is slow with.
 */
export const UNHURRIED = {
  MAX_EVENT_LOOP_DELAY_MS: '0',
  DATABASE_CONNECT_TIMEOUT_MS: '120000',
  DATABASE_STATEMENT_TIMEOUT_MS: '120000',
  QUEUE_TIMEOUT_MS: '120000',
  EXPENSIVE_SECONDS_PER_MINUTE: '0',
  REQUEST_TIMEOUT_MS: '120000',
  SHUTDOWN_TIMEOUT_MS: '120000'
} as const

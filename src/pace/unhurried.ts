/** Settings for tests and demos on a busy machine: the server sheds no load and waits long. */
export const UNHURRIED = {
  MAX_EVENT_LOOP_DELAY_MS: '0',
  DATABASE_CONNECT_TIMEOUT_MS: '120000',
  DATABASE_STATEMENT_TIMEOUT_MS: '120000',
  QUEUE_TIMEOUT_MS: '120000',
  EXPENSIVE_SECONDS_PER_MINUTE: '0',
  REQUEST_TIMEOUT_MS: '120000',
  SHUTDOWN_TIMEOUT_MS: '120000'
} as const

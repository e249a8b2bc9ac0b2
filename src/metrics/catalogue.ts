import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

const PREFIX = 'tmf678_'

/** Bounds in seconds: a page read by id takes a few milliseconds, a document of many lines seconds. */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Every metric of the server beside those of the process; docs/operations.md lists them. */
export function catalogueOf(registry: Registry) {
  const registers = [registry]
  const gauge = <const L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name: PREFIX + name, help, labelNames: [...labelNames], registers })
  return {
    requests: new Histogram({
      name: `${PREFIX}http_request_duration_seconds`,
      help: 'Time from a request to the end of its response, by the pattern of the route',
      labelNames: ['method', 'route', 'status_class'],
      buckets: DURATIONS,
      registers
    }),
    connections: gauge('database_connections', 'Connections of the pool', ['state']),
    waiting: gauge('database_waiting_requests', 'Statements and transactions that wait for a connection'),
    jobs: gauge('jobs', 'Jobs that wait, and those under way in this process', ['state']),
    oldestJob: gauge('jobs_oldest_ready_seconds', 'Age of the oldest job that could begin'),
    replacedRunners: gauge('jobs_replaced_runners', 'Runners of jobs that were stuck, since the start of the process'),
    runs: gauge('bill_runs', 'Bill runs by state', ['state']),
    accounts: gauge('bill_run_accounts', 'Accounts of the bill runs under way or ended within a day', ['outcome']),
    runRate: gauge('bill_run_accounts_per_second', 'Accounts per second of the bill runs under way'),
    runSeconds: gauge('bill_run_last_duration_seconds', 'Time that the bill run took that ended last'),
    listeners: gauge('event_listeners', 'Listeners of events by state', ['state']),
    backlog: gauge('event_backlog', 'Events that listeners have not got yet'),
    oldestEvent: gauge('event_oldest_seconds', 'Age of the oldest event that a listener has not got'),
    waitingEvents: gauge('event_waiting_deliveries', 'Deliveries that failed and will be tried again'),
    deadLetters: gauge('event_dead_letters', 'Deliveries that were given up'),
    attempts: gauge('event_recent_attempts', 'Deliveries of the last minute, by status or fault', ['outcome']),
    uploads: gauge('uploads', 'Uploads by state, as long as they are kept', ['state']),
    mails: gauge('mails', 'Mails to customers by state, as long as they are kept', ['state']),
    verifiedAt: gauge('verification_timestamp_seconds', 'When the tenant was verified that waits longest', ['kind']),
    verifiedSound: gauge('verification_sound', '1 if the last verification of all tenants found no fault', ['kind']),
    verifiedSeconds: gauge('verification_duration_seconds', 'Time that the last verification of all took', ['kind']),
    overdue: gauge('bills_overdue', 'Bills that are due and not paid; 100000 means as many or more'),
    failures: new Counter({
      name: `${PREFIX}metrics_failures_total`,
      help: 'Scrapes without figures of the database, since it did not answer',
      registers
    })
  } as const
}

export type Metrics = ReturnType<typeof catalogueOf>

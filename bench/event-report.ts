import type { EventResult } from './events.ts'
import { atLeast, atMost, type Gate } from './gate.ts'
import type { Measured } from './measure.ts'
import { decimal, table, whole } from './table.ts'

const DELIVERIES_PER_SECOND_MIN = 2_000
/** From before the commit of a change to the arrival of its event. */
const LATENCY_MAX_MS = 500
/** The least speed of reads and writes beside a backlog, relative to that without. */
const BESIDE_BACKLOG_MIN = 0.9
/** The most that one listener may delay the others. */
const BAD_LISTENER_MAX = 1.2
/** Per second. */
const LOOKS_MAX = 2
/** Per second: old events are removed every five seconds. */
const READS_MAX = 0.5

export function eventGates({ idle, latency, drained, bad, backlog }: EventResult): readonly Gate[] {
  const events = whole(backlog.events)
  return [
    atMost('looks for listeners per second, while there are none', idle.alone.listeners, LOOKS_MAX),
    atMost('reads of events per second, while there are no listeners', idle.alone.events, READS_MAX),
    atMost('p95 of deliveries of 200 writes per second, ms', latency.p95Ms, LATENCY_MAX_MS),
    {
      title: 'deliveries per second to one listener',
      value: whole(drained.perSecond),
      limit: `>= ${whole(DELIVERIES_PER_SECOND_MIN)}`,
      isMet: drained.perSecond >= DELIVERIES_PER_SECOND_MIN
    },
    atMost(
      `time of ${bad.listeners} listeners beside one that never answers / alone`,
      bad.besideMs / bad.quietMs,
      BAD_LISTENER_MAX
    ),
    ...backlog.cases.flatMap(({ title, quiet, beside }) =>
      beside.map(({ listener, load }) =>
        atLeast(
          `${title} while ${events} events wait for ${listener} / quiet`,
          load.perSecond / quiet.perSecond,
          BESIDE_BACKLOG_MIN
        )
      )
    )
  ]
}

export function eventTables({ idle, latency, drained, bad, backlog }: EventResult): string {
  const asked = (title: string, { transactions, listeners, events }: EventResult['idle']['alone']) => [
    title,
    ...[transactions, listeners, events].map(decimal)
  ]
  return [
    table(
      ['an idle server, per second', 'transactions', 'looks for listeners', 'reads of events'],
      [asked('no listener', idle.alone), asked('one listener', idle.subscribed)]
    ),
    table(
      ['from the time of a change to the delivery of its event', 'writes/s', 'p50 ms', 'p95 ms'],
      [['POST of a bill', ...[latency.perSecond, latency.p50Ms, latency.p95Ms].map(decimal)]]
    ),
    table(
      ['a backlog', 'events', 'deliveries/s'],
      [['to one listener', whole(drained.events), whole(drained.perSecond)]]
    ),
    table(
      [`${bad.events} events to each of ${bad.listeners} listeners`, 'ms', 'ratio'],
      [
        ['alone', whole(bad.quietMs), ''],
        ['beside one that never answers', whole(bad.besideMs), decimal(bad.besideMs / bad.quietMs)]
      ]
    ),
    backlogTable(backlog)
  ].join('\n\n')
}

function backlogTable({ events, cases }: EventResult['backlog']): string {
  const line = (title: string, { perSecond, p50Ms, p99Ms }: Measured, ratio = '') => [
    title,
    ...[whole(perSecond), decimal(p50Ms), decimal(p99Ms), ratio]
  ]
  const rows = cases.flatMap(({ title, quiet, beside }) => [
    line(`${title}, no listener`, quiet),
    ...beside.map(({ listener, load }) =>
      line(`${title}, beside ${listener}`, load, decimal(load.perSecond / quiet.perSecond))
    )
  ])
  return table([`${whole(events)} events wait`, 'requests/s', 'p50 ms', 'p99 ms', 'ratio'], rows)
}

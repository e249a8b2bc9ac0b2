import { type Attack, attacks } from './attack-cases.ts'
import { clearAttacks, type Scene } from './attack-data.ts'
import { fillWithBills } from './bills.ts'
import { fetchToken, fillCredentials } from './credentials.ts'
import { withClient } from './database.ts'
import { type Load, type LoadRequest, startLoader, type Waves } from './loader.ts'
import { type Measured, middle } from './measure.ts'
import type { Options } from './options.ts'
import { drawSample } from './sample.ts'
import { startOurs } from './target.ts'
import { readsById } from './tokens.ts'

/** The tenant under test: it has a few bills and only reads. */
const NEIGHBOUR = 'neighbour'
const NEIGHBOUR_BILLS = 4_000
/** Quiet and attacked rounds alternate; the median counts. */
const ROUNDS = 3
const ROUND_SHARE = 0.5
/** A load that leaves time for the attacker. */
const READS_PER_SECOND = 100

/** A tenant's reads with and without an attack by another. */
export interface AttackResult {
  readonly name: string
  readonly title: string
  readonly quiet: Measured
  readonly attacked: Measured
  /** Responses to the neighbour other than 200. */
  readonly failures: readonly string[]
  /** Responses to the attacker by status. */
  readonly answers: Waves
}

/** Measures the selected attacks, all by default, on one server. */
export async function measureAttacks(
  databaseUrl: string,
  only: readonly string[],
  { seconds, lines }: Pick<Options, 'seconds' | 'lines'>
): Promise<readonly AttackResult[]> {
  const chosen = attacks.filter(({ name }) => only.length === 0 || only.includes(name))
  if (chosen.length === 0) return []
  await withClient(databaseUrl, async (client) => {
    await client.query('INSERT INTO tenant (id, name) VALUES ($1, $1) ON CONFLICT DO NOTHING', [NEIGHBOUR])
    await fillCredentials(client, NEIGHBOUR)
    const { rowCount } = await client.query('SELECT FROM customer_bill WHERE tenant_id = $1 LIMIT 1', [NEIGHBOUR])
    if (rowCount === 0) await fillWithBills([client], NEIGHBOUR, NEIGHBOUR_BILLS)
  })
  await using stack = new AsyncDisposableStack()
  stack.defer(() => withClient(databaseUrl, clearAttacks))
  const target = stack.adopt(await startOurs(databaseUrl), (started) => started.stop())
  const neighbour = { authorization: `Bearer ${await fetchToken(target.origin, NEIGHBOUR)}` }
  const loaders = [startLoader(), startLoader()] as const
  for (const loader of loaders) stack.defer(() => loader.stop())
  const sample = await drawSample(databaseUrl, NEIGHBOUR_BILLS, NEIGHBOUR)
  const scene: Scene = { databaseUrl, origin: target.origin, headers: target.headers, lines }
  const job = { origin: target.origin, headers: neighbour, seconds: seconds * ROUND_SHARE }
  const read = async (round: number) =>
    (await loaders[0].pace({ ...job, streams: [{ ...readsById(sample, round), perSecond: READS_PER_SECOND }] }))[0]
  const attack = (wave: readonly LoadRequest[]) => loaders[1].waves({ ...job, headers: target.headers, wave })
  await read(0)
  const results: AttackResult[] = []
  for (const each of chosen) {
    results.push(await measureAttack(each, await each.wave(scene), { read, attack }))
  }
  return results
}

interface Sides {
  readonly read: (round: number) => Promise<Load | undefined>
  readonly attack: (wave: readonly LoadRequest[]) => Promise<Waves>
}

async function measureAttack(
  { name, title }: Attack,
  wave: readonly LoadRequest[],
  { read, attack }: Sides
): Promise<AttackResult> {
  console.log(`measuring reads of a neighbour beside ${title}`)
  const [quiet, attacked]: [Load[], Load[]] = [[], []]
  const answers: Record<string, number> = {}
  for (let round = 1; round <= ROUNDS; round++) {
    quiet.push(had(await read(round * 2)))
    const [load, waves] = await Promise.all([read(round * 2 + 1), attack(wave)])
    attacked.push(had(load))
    for (const [status, count] of Object.entries(waves)) answers[status] = (answers[status] ?? 0) + count
  }
  const failures = [...quiet, ...attacked].flatMap((load) => load.failures)
  return { name, title, quiet: middle(quiet), attacked: middle(attacked), failures, answers }
}

function had(load: Load | undefined): Load {
  if (load) return load
  throw new Error('the load generator answered nothing')
}

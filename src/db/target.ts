import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { StartError } from '../base/start-error.ts'
import type { PostgresHost, PostgresUrl, SslMode, TargetSession } from './postgres-url.ts'

export interface Target extends PostgresHost {
  /** Undefined if the address does not say: then `PGSSLMODE` decides, and without it there is none. */
  readonly ssl: boolean | ConnectionOptions | undefined
}

export interface Rank {
  readonly isStandby: boolean
  readonly isReadOnly: boolean
}

function targetsOf({ hosts, sslMode, parameters }: PostgresUrl): readonly Target[] {
  const offered = sslMode ? ways(sslMode, parameters) : [undefined]
  // Nobody can listen in on a socket of the same machine.
  return hosts.flatMap((host) => (host.host?.startsWith('/') ? [false] : offered).map((ssl) => ({ ...host, ssl })))
}

function ways(mode: SslMode, parameters: ReadonlyMap<string, string>): readonly Target['ssl'][] {
  if (mode === 'disable') return [false]
  if (mode === 'allow') return [false, tlsOptions('no-verify', parameters)]
  if (mode === 'prefer') return [tlsOptions('no-verify', parameters), false]
  return [tlsOptions(mode, parameters)]
}

/**
 * Checks the server's certificate whenever the client insists on encryption. libpq checks it under `require` only if it
 * has a certificate of an authority.
 */
function tlsOptions(mode: SslMode, parameters: ReadonlyMap<string, string>): ConnectionOptions {
  const file = (name: string) => {
    const path = parameters.get(name)
    return path === undefined || path === 'system' ? undefined : readFile(name, path)
  }
  const [ca, cert, key] = [file('sslrootcert'), file('sslcert'), file('sslkey')]
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(mode === 'no-verify' && { rejectUnauthorized: false }),
    ...(mode === 'verify-ca' && { checkServerIdentity: () => undefined })
  }
}

function readFile(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new StartError(`The file that ${name} names in the address of the database cannot be read`)
  }
}

export interface Choice {
  readonly first: Target
  readonly isNeeded: boolean
  /**
   * Returns the first target that answers and has the wanted role, and remembers it. Throws the error of one that does
   * not answer, or a StartError with the faults of all.
   */
  current(): Promise<Target>
  forget(): void
  /** Forgets the target and throws a StartError if a server lacks the wanted role. */
  require(rank: Rank): void
}

export function newChoice(url: PostgresUrl, look: (target: Target) => Promise<Rank>): Choice {
  const targets = targetsOf(url)
  const wanted = url.targetSession ?? 'any'
  let chosen: Promise<Target> | undefined
  const forget = () => {
    chosen = undefined
  }
  return {
    first: targets[0] ?? { ssl: undefined },
    isNeeded: targets.length > 1 || wanted !== 'any',
    current: () => {
      chosen ??= choose(targets, wanted, look).catch((error: unknown) => {
        forget()
        throw error
      })
      return chosen
    },
    forget,
    require: (rank) => {
      if (wanted === 'prefer-standby' || suits(rank, wanted)) return
      forget()
      throw lacking(wanted)
    }
  }
}

async function choose(
  targets: readonly Target[],
  wanted: TargetSession,
  look: (target: Target) => Promise<Rank>
): Promise<Target> {
  let failure: unknown
  let other: Target | undefined
  for (const target of targets) {
    try {
      if (suits(await look(target), wanted)) return target
      other ??= target
    } catch (error) {
      failure = error
    }
  }
  if (other && wanted === 'prefer-standby') return other
  throw other ? lacking(wanted) : failure
}

function suits({ isStandby, isReadOnly }: Rank, wanted: TargetSession): boolean {
  if (wanted === 'read-write') return !isReadOnly
  if (wanted === 'read-only') return isReadOnly
  if (wanted === 'primary') return !isStandby
  return wanted === 'any' || isStandby
}

function lacking(wanted: TargetSession): StartError {
  return new StartError(`No host of the database is ${wanted}`)
}

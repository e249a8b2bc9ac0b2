import type { Limits } from './scheduler.ts'

/** Of the pool; the rest stays for authentication, health, housekeeping and jobs. */
const REQUESTS_SHARE = 0.7
const TENANT_SHARE = 0.75
const WRITES_SHARE = 0.75
/** Of what a tenant has: it still reads when its writes wait for a lock. */
const TENANT_WRITES_SHARE = 2 / 3
const EXPENSIVE_SHARE = 1 / 3
/** A query that takes a core for itself leaves the other ones to everybody else. */
const TENANT_EXPENSIVE = 1
const TRANSFERS = { total: 32, perTenant: 8 }
const WAITING = { total: 512, perTenant: 192, perPrincipal: 128 }

/** The slots for requests beside a pool of so many connections. From a pool of three on no tenant gets all of them. */
export function limitsFor(poolSize: number): Limits {
  const total = share(poolSize, REQUESTS_SHARE)
  const perTenant = share(total, TENANT_SHARE)
  return {
    all: { total, perTenant },
    classes: {
      read: { total, perTenant },
      write: { total: share(total, WRITES_SHARE), perTenant: share(perTenant, TENANT_WRITES_SHARE) },
      expensive: { total: share(total, EXPENSIVE_SHARE), perTenant: TENANT_EXPENSIVE },
      transfer: TRANSFERS
    },
    waiting: WAITING
  }
}

function share(of: number, part: number): number {
  return Math.max(1, Math.floor(of * part))
}

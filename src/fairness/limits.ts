import type { Limits } from './scheduler.ts'

/** Of the pool; the rest stays for authentication, health, housekeeping and jobs. */
const REQUESTS_SHARE = 0.7
const TENANT_SHARE = 0.75
const WRITES_SHARE = 0.75
/** Of a tenant's slots: it still reads while its writes wait for a lock. */
const TENANT_WRITES_SHARE = 2 / 3
const EXPENSIVE_SHARE = 1 / 3
/** An expensive query takes one core; the others stay free. */
const TENANT_EXPENSIVE = 1
const TRANSFERS = { total: 32, perTenant: 8 }
const WAITING = { total: 512, perTenant: 192, perPrincipal: 128 }

/** Returns the limits for a pool's size. With three connections or more, no tenant gets all slots. */
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

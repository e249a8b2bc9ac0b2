import { expect } from 'vitest'
import { reportLedger, verifyLedger } from '../../src/ledger/verify.ts'
import { startLedger } from '../billing/ledger-world.ts'
import { type Contract, watch } from '../openapi/contract.ts'
import type { TestServer } from '../support/server.ts'

export const EUR = (value: number) => ({ unit: 'EUR', value })

/** A server whose answers are held against the OpenAPI document. */
export interface CorrectionWorld {
  readonly server: TestServer
  readonly contract: Contract
  /** Expects that no answer broke the contract, and that the ledger is sound. */
  close(): Promise<void>
}

export async function startCorrections(): Promise<CorrectionWorld> {
  const server = await startLedger()
  const contract = watch(server)
  return {
    server,
    contract,
    close: async () => {
      expect(contract.breaches()).toEqual([])
      expect(reportLedger(await verifyLedger(server.database))).toMatchObject({ isSound: true })
      await server.close()
    }
  }
}

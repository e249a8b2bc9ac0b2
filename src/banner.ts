import type { FastifyInstance } from 'fastify'
import type { Config } from './base/config.ts'

const ANY_ADDRESS = ['0.0.0.0', '::']

/** Says where the server is and how to try it. */
export function printBanner(app: FastifyInstance, config: Config): void {
  const { port } = app.addresses()[0] as { port: number }
  const host = ANY_ADDRESS.includes(config.HOST) ? '127.0.0.1' : config.HOST
  const root = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  const api = `${root}/customerBillManagement/v4`
  console.log(`TMF678 Customer Bill Management v4 on ${api}/
Docs on ${root}/docs

Try:
  curl '${api}/customerBill?state=sent&sort=-billDate&limit=3&fields=billNo,billDate,amountDue'
  curl '${api}/appliedCustomerBillingRate?isBilled=false&fields=name,date,taxExcludedAmount&limit=3'
  curl -X POST '${api}/customerBillOnDemand' -H 'Content-Type: application/json' -d '{"billingAccount":{"id":"A0815"}}'
`)
}

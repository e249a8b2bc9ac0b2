import type { FastifyInstance } from 'fastify'
import { DEMO } from '../sample-data/credentials.ts'
import { encodePassword } from './auth/sign-in/password.ts'
import { memberOf } from './base/unknown.ts'
import type { Config } from './config.ts'
import { rootOf } from './http/own-root.ts'
import { type MailSettings, mailSettings } from './mail/settings.ts'

const TRIED = 'BA-100017'
const BALANCE = 'account_number=VOIP-1&initial_date=2026-01-01&final_date=2099-12-31'

/**
 * Prints the server's addresses, that of the metrics if there is one, and, with the demo's database, credentials and
 * requests to try.
 */
export function printBanner(app: FastifyInstance, config: Config, metrics: string | undefined): void {
  const root = ownRoot(app, config)
  const api = `${root}/customerBillManagement/v4`
  const measured = metrics === undefined ? '' : `Metrics on ${metrics}\n`
  console.log(`TMF678 Customer Bill Management v4 on ${api}/
Docs on ${root}/docs
${measured}${config.DATABASE_URL ? '' : trial(root, api, mailSettings(config))}`)
}

/** Returns where the listening server is reached from this machine. */
export function ownRoot(app: FastifyInstance, config: Config): string {
  const [address] = app.addresses()
  return rootOf(config.HOST, memberOf(address, 'port'))
}

function trial(root: string, api: string, { smtp, folder }: MailSettings): string {
  const { tenantId, clientSecret, username, password, apiKey, partnerKey } = DEMO
  const client = `-d client_id=${tenantId} -d client_secret=${clientSecret}`
  const user = `-d username=${username} -d password=${encodePassword(password)}`
  const json = `-H 'Content-Type: application/json'`
  const key = `-H 'token: ${apiKey}'`
  const bearer = `-H "Authorization: Bearer $TOKEN"`
  const form = `-d grant_type=password ${client} ${user} -d scope=trust`
  const fetchToken = `TOKEN=$(curl -s '${root}/oauth/token' ${form} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`
  return `
Demo credentials, for this machine alone: tenant and client ${tenantId}, client demo-upload, secret ${clientSecret};
users ${username}, partner1 (of PARTNER-1) and partner2 (of PARTNER-2), password ${password} (sent as its SHA-256);
API keys ${apiKey} and ${partnerKey} (of PARTNER-1); second tenant and client demo2, secret demo2-secret.
Mails to customers ${smtp ? 'are sent' : `are written to ${folder}`}.

Try:
  ${fetchToken}
  curl ${bearer} '${api}/customerBill?state=sent&sort=-billDate&limit=3&fields=billNo,billDate,amountDue'
  curl ${key} '${api}/appliedCustomerBillingRate?isBilled=false&fields=name,date,taxExcludedAmount&limit=3'
  curl -H 'token: ${partnerKey}' '${root}/partner/v1/customerBalance?${BALANCE}'
  curl ${bearer} '${api}/customerBillOnDemand' ${json} -d '{"billingAccount":{"id":"${TRIED}"}}'
`
}

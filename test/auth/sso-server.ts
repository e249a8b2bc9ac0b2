import type { AddressInfo } from 'node:net'
import type { TestDatabase } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { type Browser, CLIENT_ID, CLIENT_SECRET, type IdentityProvider, signInThere } from './identity-provider.ts'

const SCOPE_MAP = { 'billing-staff': ['bill:read', 'bill:write'], auditors: ['account:read', 'bill:read'] }

/** An app that listens, so that browsers can return to it. */
export type Listening = TestServer & { readonly origin: string }

/** Settings that map the claims of the provider's people. */
export const ssoEnvironment = (issuer: string) => ({
  SSO_ISSUER: issuer,
  SSO_CLIENT_ID: CLIENT_ID,
  SSO_CLIENT_SECRET: CLIENT_SECRET,
  SSO_TENANT_CLAIM: 'tenant',
  SSO_SCOPE_CLAIM: 'roles',
  SSO_SCOPE_MAP: JSON.stringify(SCOPE_MAP),
  SSO_PARTNER_CLAIM: 'partner'
})

export async function startListening(
  store: TestDatabase,
  { issuer }: IdentityProvider,
  env: Record<string, string> = {}
): Promise<Listening> {
  const started = await startTestServer({ ...ssoEnvironment(issuer), ...env }, store)
  await started.app.listen({ host: '127.0.0.1', port: 0 })
  return { ...started, origin: `http://127.0.0.1:${(started.app.server.address() as AddressInfo).port}` }
}

/** Signs in at the provider and returns the address to come back to, not yet visited. */
export async function comeBack(browser: Browser, login: string, { origin }: Listening): Promise<string> {
  return signInThere(browser, await begin(browser, origin), login)
}

/** Begins a sign-in and returns the browser's redirect. */
export async function begin(browser: Browser, origin: string): Promise<string> {
  return (await browser.visit(`${origin}/sso/login`)).headers.get('location') ?? ''
}

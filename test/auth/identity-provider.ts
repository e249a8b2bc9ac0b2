import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'

export const CLIENT_ID = 'tmf678'
export const CLIENT_SECRET = 'sso-client-secret'
const TTL_S = 600

/** The provider's people, with the claims of their ID tokens. */
const PEOPLE: Readonly<Record<string, Record<string, unknown>>> = {
  ann: { tenant: 'demo', roles: ['billing-staff', 'cleaners', 7] },
  otto: { tenant: 'other', roles: 'auditors' },
  pat: { tenant: 'demo', roles: ['billing-staff'], partner: 'PARTNER-1' },
  tom: { tenant: 'nowhere', roles: ['billing-staff'] },
  tess: { tenant: ['demo'], roles: ['billing-staff'] },
  rob: { tenant: 'demo', roles: ['cleaners'] },
  rita: { tenant: 'demo' },
  pia: { tenant: 'demo', roles: ['billing-staff'], partner: 'PARTNER-9' },
  paul: { tenant: 'demo', roles: ['billing-staff'], partner: null },
  olga: { tenant: 'other', roles: ['billing-staff'], partner: 'PARTNER-1' }
}

/** An OpenID Connect provider on its own port. It answers once it knows its redirect URI. */
export interface IdentityProvider {
  readonly issuer: string
  open(redirectUri: string): Promise<void>
  /** Stops answering; reopening uses the same port. */
  close(): Promise<void>
}

export async function startIdentityProvider(): Promise<IdentityProvider> {
  let answer: RequestListener = (_, response) => response.writeHead(503).end()
  const server = createServer((request, response) => answer(request, response))
  await listen(server, 0)
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  return {
    issuer,
    open: async (redirectUri) => {
      answer = (await newProvider(issuer, redirectUri)).callback()
      if (!server.listening) await listen(server, port)
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    }
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((done, failed) => server.once('error', failed).listen(port, '127.0.0.1', done))
}

async function newProvider(issuer: string, redirectUri: string) {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  return new Provider(issuer, {
    clients: [{ client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [redirectUri] }],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'idp', use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['cookie-key'] },
    pkce: { required: () => true },
    claims: { openid: ['sub', 'tenant', 'roles', 'partner'], profile: ['name'], email: ['email'] },
    conformIdTokenClaims: false,
    ttl: { AccessToken: TTL_S, Grant: TTL_S, IdToken: TTL_S, Interaction: TTL_S, Session: TTL_S },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...PEOPLE[sub] }) })
  })
}

/** A browser that keeps cookies and follows redirects on demand. */
export interface Browser {
  readonly cookies: Map<string, string>
  visit(url: string, form?: Readonly<Record<string, string>>): Promise<Response>
}

export function newBrowser(): Browser {
  const cookies = new Map<string, string>()
  return {
    cookies,
    visit: async (url, form) => {
      const answer = await fetch(url, {
        redirect: 'manual',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        ...(form && { method: 'POST', body: new URLSearchParams(form) })
      })
      for (const line of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        if (value === '') cookies.delete(name)
        else cookies.set(name, value)
      }
      return answer
    }
  }
}

/** Signs in on the provider's pages, or gives up without a login. Returns the redirect. */
export async function signInThere(browser: Browser, location: string, login: string): Promise<string> {
  const { origin } = new URL(location)
  let url = location
  for (let step = 0; step < 20; step++) {
    const answer = await browser.visit(url)
    const page = await answer.text()
    const next = answer.ok ? await submit(browser, url, page, login) : answer
    url = new URL(next.headers.get('location') ?? fail(next.status), url).href
    if (new URL(url).origin !== origin) return url
  }
  return fail('too many steps')
}

function submit(browser: Browser, url: string, page: string, login: string): Promise<Response> {
  if (login === '') return browser.visit(`${url}/abort`)
  const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1] ?? fail(page)
  return browser.visit(url, { prompt, login, password: 'any' })
}

function fail(what: unknown): never {
  throw new Error(`the provider does not sign in: ${String(what)}`)
}

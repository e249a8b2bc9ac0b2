import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { StartError } from '../../src/base/start-error.ts'
import { callbackNetworks, environment, readConfig } from '../../src/config.ts'
import { mayConnect } from '../../src/events/callback-address.ts'

const EXAMPLE = readFileSync(path.resolve(import.meta.dirname, '../../.env.example'), 'utf8')
const SECRET = 'hush-hush'
/** Variables that take any text. */
const FREE = /^(DATA_DIR|HOST|METRICS_HOST|SSO_CLIENT_ID|SSO_CLIENT_SECRET|\w+_FILE)$/

describe('.env.example', () => {
  const lines = [...EXAMPLE.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value] as const)

  it('has every variable, once, and no other', () => {
    expect(lines.map(([name]) => name).sort()).toEqual(Object.keys(environment.shape).sort())
  })

  it('has the defaults', () => {
    expect(readConfig(Object.fromEntries(lines))).toEqual(readConfig({}))
    const defaults: Record<string, unknown> = readConfig({})
    for (const [name, value] of lines) expect(String(defaults[name] ?? ''), name).toBe(value)
  })

  it('says something about each', () => {
    for (const [name] of lines) expect(EXAMPLE).toMatch(new RegExp(`^# .*\\n(?:[A-Z_]+=.*\\n)*${name}=`, 'm'))
  })
})

describe('readConfig', () => {
  it.each([
    ['DATABASE_URL', 'postgres://u@h/d', 'postgres://u@h/d'],
    ['DATABASE_URL', 'postgresql://u:p@h:5433/d?sslmode=require', 'postgresql://u:p@h:5433/d?sslmode=require'],
    ['MIGRATE_ON_START', 'true', true],
    ['PORT', '0', 0],
    ['PORT', '65535', 65_535],
    ['PUBLIC_URL', 'https://bills.example.com/tmf//', 'https://bills.example.com/tmf'],
    ['TRUST_PROXY', 'true', true],
    ['TRUST_PROXY', 'false', false],
    ['TRUST_PROXY', '10.0.0.0/8, ::1', '10.0.0.0/8, ::1'],
    ['LOG_LEVEL', 'silent', 'silent'],
    ['DATABASE_POOL_SIZE', '1000', 1_000],
    ['OAUTH_QUERY_CREDENTIALS', 'false', false]
  ])('takes %s=%s', (name, value, expected) => {
    expect(readConfig({ [name]: value })).toEqual({ ...readConfig({}), [name]: expected })
  })

  it('takes an empty or blank variable for none', () => {
    expect(readConfig({ DATABASE_URL: '', PORT: ' ', LOG_LEVEL: '', HOST: undefined })).toEqual(readConfig({}))
  })

  it('trusts as many proxies as TRUST_PROXY counts', () => {
    const { TRUST_PROXY } = readConfig({ TRUST_PROXY: '2' })
    if (typeof TRUST_PROXY !== 'function') throw new Error('a count is a function of the hop')
    expect([0, 1, 2].map((hop) => TRUST_PROXY('10.0.0.1', hop))).toEqual([true, true, false])
  })

  it.each([
    ['127.0.0.1', {}, true],
    ['127.0.0.1', { DATABASE_URL: 'postgres://u@h/d' }, false],
    ['10.1.2.3', { WEBHOOK_ALLOW_NETWORKS: '10.0.0.0/8, ::1' }, true],
    ['127.0.0.1', { WEBHOOK_ALLOW_NETWORKS: '10.0.0.0/8, ::1' }, false]
  ])('lets callbacks reach %s with %o: %s', (address, env, may) => {
    expect(mayConnect(address, callbackNetworks(readConfig(env)))).toBe(may)
  })

  it.each([
    ['DATABASE_URL', `mysql://u:${SECRET}@h/d`],
    ['DATABASE_URL', SECRET],
    ['MIGRATE_ON_START', SECRET],
    ['MIGRATE_ON_START', '1'],
    ['OAUTH_QUERY_CREDENTIALS', SECRET],
    ['PORT', SECRET],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PUBLIC_URL', `ftp://${SECRET}`],
    ['PUBLIC_URL', 'bills.example.com'],
    ['PUBLIC_URL', `https://user:${SECRET}@bills.example.com`],
    ['PUBLIC_URL', `https://bills.example.com/?${SECRET}`],
    ['TRUST_PROXY', SECRET],
    ['TRUST_PROXY', '999.1.1.1'],
    ['TRUST_PROXY', ':::'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '10.0.0.0/8,'],
    ['LOG_LEVEL', SECRET],
    ['DATABASE_POOL_SIZE', '0'],
    ['DATABASE_CONNECT_TIMEOUT_MS', '99'],
    ['DATABASE_STATEMENT_TIMEOUT_MS', '600001'],
    ['REQUEST_TIMEOUT_MS', SECRET],
    ['KEEP_ALIVE_TIMEOUT_MS', '1e9'],
    ['SHUTDOWN_TIMEOUT_MS', 'Infinity'],
    ['BODY_LIMIT_BYTES', '1023'],
    ['WEBHOOK_ALLOW_NETWORKS', SECRET],
    ['WEBHOOK_ALLOW_NETWORKS', '10.0.0.0/8,'],
    ['WEBHOOK_ALLOW_NETWORKS', '10.0.0.0/33'],
    ['WEBHOOK_ALLOW_NETWORKS', 'fe80::1%eth0']
  ])('refuses %s=%s, names it and keeps the value to itself', (name, value) => {
    const message = refusal({ [name]: value })
    expect(message).toMatch(new RegExp(`^The configuration is wrong\\. ${name}: [^;]+$`))
    expect(message).not.toContain(SECRET)
  })

  it('reads secrets from files, and says which file it cannot read', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'tmf678-config-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = path.join(folder, 'url')
    writeFileSync(file, 'postgres://tmf678@db/tmf678\n')
    expect(readConfig({ DATABASE_URL_FILE: file }).DATABASE_URL).toBe('postgres://tmf678@db/tmf678')
    expect(refusal({ DATABASE_URL_FILE: file, DATABASE_URL: 'postgres://db/x' })).toContain('Either DATABASE_URL or')
    expect(refusal({ SMTP_URL_FILE: `${file}.none` })).toMatch(/^SMTP_URL_FILE cannot be read: ENOENT/)
    writeFileSync(file, SECRET)
    for (const name of ['DATABASE_URL', 'SMTP_URL', 'DATABASE_DIRECT_URL']) {
      expect(refusal({ [`${name}_FILE`]: file })).toMatch(new RegExp(`^The configuration is wrong\\. ${name}: `))
      expect(refusal({ [`${name}_FILE`]: file })).not.toContain(SECRET)
    }
  })

  it('takes all of the variables of a first start, or none', () => {
    const message = refusal({ BOOTSTRAP_TENANT: 'acme' })
    expect(message).toContain('BOOTSTRAP_ADMIN_PASSWORD_FILE: is needed with')
    expect(message).toContain('BOOTSTRAP_CLIENT_SECRET_FILE: is needed with')
  })

  it('reports all mistakes together, in one line', () => {
    const wrong = Object.keys(environment.shape).filter((name) => !FREE.test(name))
    const message = refusal(Object.fromEntries(wrong.map((name) => [name, `${SECRET}!`])))
    for (const name of wrong) expect(message).toContain(`${name}: `)
    expect(message.split('; ')).toHaveLength(wrong.length)
    expect(message).not.toContain(SECRET)
    expect(message).not.toContain('\n')
  })
})

function refusal(env: Record<string, string>): string {
  try {
    readConfig(env)
  } catch (error) {
    expect(error).toBeInstanceOf(StartError)
    return error instanceof Error ? error.message : ''
  }
  throw new Error('nothing was refused')
}

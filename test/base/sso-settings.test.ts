import { describe, expect, test } from 'vitest'
import { ssoSettings } from '../../src/auth/sso/settings.ts'
import { readConfig } from '../../src/config.ts'

const WHOLE = {
  SSO_ISSUER: 'https://idp.example.com/realms/main',
  SSO_CLIENT_ID: 'tmf678',
  SSO_CLIENT_SECRET: 'hush-hush',
  SSO_TENANT_CLAIM: 'tenant',
  SSO_SCOPE_CLAIM: 'https://example.com/roles',
  SSO_SCOPE_MAP: '{"Billing staff": ["bill:read", "bill:write"]}'
}

describe('single sign-on', () => {
  test('is off without an issuer, whatever else is set', () => {
    const { SSO_ISSUER, ...rest } = WHOLE
    expect(ssoSettings(readConfig({}))).toBeUndefined()
    expect(ssoSettings(readConfig(rest))).toBeUndefined()
  })

  test('is on with all that it needs', () => {
    expect(ssoSettings(readConfig(WHOLE))).toEqual({
      issuer: WHOLE.SSO_ISSUER,
      clientId: 'tmf678',
      clientSecret: 'hush-hush',
      tenant: { claim: 'tenant' },
      scopeClaim: 'https://example.com/roles',
      scopeMap: new Map([['Billing staff', ['bill:read', 'bill:write']]]),
      partnerClaim: undefined
    })
  })

  test('takes a fixed tenant, a partner claim and an issuer on loopback', () => {
    for (const SSO_ISSUER of ['http://127.0.0.1:8080', 'http://localhost:8080', 'http://[::1]:8080']) {
      const more = { SSO_ISSUER, SSO_TENANT: 'demo', SSO_TENANT_CLAIM: '', SSO_PARTNER_CLAIM: 'partner' }
      expect(ssoSettings(readConfig({ ...WHOLE, ...more }))).toMatchObject({
        issuer: SSO_ISSUER,
        tenant: { id: 'demo' },
        partnerClaim: 'partner'
      })
    }
  })

  test.each([
    ['SSO_ISSUER', 'http://idp.example.com'],
    ['SSO_ISSUER', 'http://127.0.0.1.example.com'],
    ['SSO_ISSUER', 'https://user:hush-hush@idp.example.com'],
    ['SSO_ISSUER', 'https://idp.example.com/?hush-hush'],
    ['SSO_ISSUER', 'idp.example.com'],
    ['SSO_CLIENT_ID', ''],
    ['SSO_CLIENT_ID', 'two words'],
    ['SSO_CLIENT_SECRET', ''],
    ['SSO_TENANT', 'demo'],
    ['SSO_SCOPE_CLAIM', ''],
    ['SSO_SCOPE_CLAIM', 'hush-hush roles'],
    ['SSO_PARTNER_CLAIM', 'hush-hush partner'],
    ['SSO_SCOPE_MAP', ''],
    ['SSO_SCOPE_MAP', '{"hush-hush": '],
    ['SSO_SCOPE_MAP', '{}'],
    ['SSO_SCOPE_MAP', '["bill:read"]'],
    ['SSO_SCOPE_MAP', '{"staff": "bill:read"}'],
    ['SSO_SCOPE_MAP', '{"staff": []}'],
    ['SSO_SCOPE_MAP', '{"staff": ["hush-hush"]}']
  ])('is refused with %s=%s, which is named without its value', (name, value) => {
    const read = () => readConfig({ ...WHOLE, [name]: value })
    expect(read).toThrow(new RegExp(`^The configuration is wrong\\. ${name}: [^;]+$`))
    expect(read).not.toThrow('hush-hush')
  })

  test('needs a tenant', () => {
    expect(() => readConfig({ ...WHOLE, SSO_TENANT_CLAIM: '' })).toThrow(/SSO_TENANT: either it or SSO_TENANT_CLAIM/)
  })
})

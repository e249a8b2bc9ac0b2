import { expect, test } from 'vitest'
import { masked } from '../../src/audit/mask.ts'

const M = '***'

test.each([
  [
    'a secret',
    { password: 'x', clientSecret: 'x', passwordHash: 'x' },
    { password: M, clientSecret: M, passwordHash: M }
  ],
  ['a key', { key: 'x', apiKey: 'x', private_jwk: {} }, { key: M, apiKey: M, private_jwk: M }],
  ['a token', { accessToken: 'x', refresh_tokens: ['x'] }, { accessToken: M, refresh_tokens: M }],
  ['an e-mail address', { primaryEmail: 'x', emailRecipients: ['x'], additionalEmailRecipients: 'x' }, allOf()],
  [
    'a phone number',
    { phoneNumber: 'x', 'mobile-phone': 'x', PhoneNumber2: 1 },
    { phoneNumber: M, 'mobile-phone': M, PhoneNumber2: M }
  ],
  ['a postal address', { address: {}, street1: 'x', postCode: 'x' }, { address: M, street1: M, postCode: M }],
  ['a bank account', { iban: 'x', cardNumber: 'x' }, { iban: M, cardNumber: M }],
  [
    'the content of a document',
    { billDocument: [{ id: '1', content: 'x' }] },
    { billDocument: [{ id: '1', content: M }] }
  ],
  ['the name of a party', { relatedParty: [{ id: '1', name: 'x' }] }, { relatedParty: [{ id: '1', name: M }] }],
  ['the name of an account', { billingAccount: { id: '1', name: 'x' } }, { billingAccount: { id: '1', name: M } }],
  [
    'the value of a characteristic',
    { characteristic: [{ name: 'called', value: 'x' }] },
    { characteristic: [{ name: 'called', value: M }] }
  ],
  [
    'the name of a reference with a value',
    { a: { id: '1', name: 'x', value: 2 } },
    { a: { id: '1', name: M, value: 2 } }
  ],
  ['a name deep inside', { a: [[{ b: { name: 'x' } }]] }, { a: [[{ b: { name: M } }]] }],
  ['the user of a URL', { callback: 'https://me:pass@host/path' }, { callback: `https://${M}@host/path` }],
  ['the query of a URL', { url: 'https://host/a?sig=1#2' }, { url: `https://host/a?${M}` }],
  ['the fragment of a URL', { url: 'https://host/a#token' }, { url: `https://host/a#${M}` }]
])('%s is masked', (_, document, expected) => {
  expect(masked(document)).toEqual(expected)
})

function allOf(): object {
  return { primaryEmail: M, emailRecipients: M, additionalEmailRecipients: M }
}

test.each([
  ['the name of the document itself', { name: 'Acme' }],
  ['an amount', { amountDue: { unit: 'EUR', value: 12.5 } }],
  ['how a secret is used', { passwordEncoding: 'plain', keyId: '1', tokenType: 'Bearer', isEnabled: true }],
  ['a list of allowed addresses', { allowedAddresses: ['10.0.0.0/8'] }],
  ['a plain URL', { href: 'https://host/a/b', text: 'who? me@home' }],
  ['what has no value', { password: null, relatedParty: [{ id: '1', name: null }], secret: undefined }],
  ['numbers, truths and empty things', { a: 0, b: false, c: '', d: [], e: {} }]
])('%s stays', (_, document) => {
  expect(masked(document)).toStrictEqual(document)
})

test('the document itself is not changed', () => {
  const document = { password: 'x', relatedParty: [{ name: 'x' }] }
  masked(document)
  expect(document).toEqual({ password: 'x', relatedParty: [{ name: 'x' }] })
})

test('a member called __proto__ is a member like any other', () => {
  const document = JSON.parse('{"__proto__": {"password": "x"}}') as object
  expect(JSON.stringify(masked(document))).toBe('{"__proto__":{"password":"***"}}')
})

test('long names and texts cost no more than their length', () => {
  const long = `${'1'.repeat(500_000)}x`
  expect(masked({ [long]: `https://${long}` })).toEqual({ [long]: `https://${long}` })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { normalEmail } from '../../src/auth/customers/email.ts'

test.each([
  ['Ada@Example.COM', 'ada@example.com'],
  [' ada@example.com ', 'ada@example.com'],
  ['ada@exam\u200bple.com', 'ada@example.com'],
  ['ADA+bills@example.com', 'ada+bills@example.com'],
  ['J\u00d6RG@example.de', 'j\u00f6rg@example.de'],
  ['JO\u0308RG@example.de', 'j\u00f6rg@example.de'],
  ['a@b\u00fccher.example', 'a@xn--bcher-kva.example'],
  ['a@B\u00dcCHER.example', 'a@xn--bcher-kva.example'],
  ['a@localhost', 'a@localhost'],
  [`${'x'.repeat(64)}@example.com`, `${'x'.repeat(64)}@example.com`]
])('%j is %s', (sent, normal) => {
  expect(normalEmail(sent)).toBe(normal)
})

test.each(
  [
    ['', 'ada', '@example.com', 'ada@', 'a@b@c.de', 'a b@example.com', 'a@exam ple.com', 'a@b.de,c@d.de', 'a@b..de'],
    ['"a"@example.com', 'Ada <ada@example.com>', 'a@b.de\r\nBcc: c@d.de', 'a@[127.0.0.1]', 'a@-b.de', 'a@b.de:25'],
    [`${'x'.repeat(65)}@example.com`, `a@${'x.'.repeat(130)}de`, 'a@b%2e.de', 'a;b@example.com', 'a@\u0000.de']
  ]
    .flat()
    .map((sent) => [sent])
)('%j is no address', (sent) => {
  expect(normalEmail(sent)).toBeUndefined()
})

test('the form of a form is the same, and one that the database takes', () => {
  const part = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(part, fc.oneof(fc.domain(), part), (local, domain) => {
      const normal = normalEmail(`${local}@${domain}`)
      if (normal === undefined) return
      expect(normalEmail(normal)).toBe(normal)
      expect(normal).toMatch(/^[^\s@<>,;"]+@[a-z0-9.-]+$/)
      expect(normal).not.toMatch(/[A-Z]/)
    })
  )
})

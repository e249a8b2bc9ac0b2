import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { addBill } from '../billing/ledger-world.ts'
import { PASSWORD } from '../partner-api/customer-world.ts'
import { type PartnerWorld, startPartnerWorld } from '../partner-api/world.ts'
import { hasChromium, inChromium } from './chromium.ts'

const LIMIT_MS = 120_000
const [NARROW, WIDE] = [320, 1_000]

describe.skipIf(!hasChromium())('the portal in Chromium', () => {
  let world: PartnerWorld
  let root: string
  beforeAll(async () => {
    world = await startPartnerWorld()
    await world.call('PUT', '/admin/v1/captcha', { provider: 'off' })
    root = await world.app.listen({ host: '127.0.0.1', port: 0 })
  })
  afterAll(() => world.close())

  /** Registers a customer with a bill, whose address counts as confirmed. */
  async function registered(email: string): Promise<void> {
    const { text } = await world.ask('POST', 'customer', { email, name: 'Ada', password: PASSWORD })
    await addBill(world, JSON.parse(text).data.account_number, { state: 'sent', rates: { recurringCharge: '20' } })
    await world.database.run(sql`UPDATE "customer_sign_in" SET "confirmed_at" = now() WHERE "email" = ${email}`)
  }

  async function signIn(page: Page, email: string, password: string): Promise<void> {
    await page.goto(`${root}/portal/sign-in?tenant=demo`)
    await page.getByLabel('E-mail address').fill(email)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  test('a code in the address of a page is in no Referer', async () => {
    await inChromium({ javaScriptEnabled: false, locale: 'en-GB' }, async (browser) => {
      const page = await browser.newPage()
      await page.goto(`${root}/portal/confirm?tenant=demo&email=eve%40example.com&code=SECRET77`)
      await page.getByLabel('New password').fill('a long password')
      const sent = page.waitForRequest((request) => request.method() === 'POST')
      await page.getByRole('button', { name: 'Confirm' }).click()
      const headers = await (await sent).allHeaders()
      expect([headers.referer, headers.origin]).toEqual([`${root}/`, root])
      expect(await page.getByRole('alert').textContent()).toContain('code is wrong')
    })
  })

  /** No page is wider than a small screen, and none breaks its own policy. */
  async function expectFit(page: Page): Promise<void> {
    for (const width of [NARROW, WIDE]) {
      await page.setViewportSize({ width, height: 800 })
      const main = await page.locator('body').boundingBox()
      expect(main?.width).toBe(width)
      const table = await page.locator('main').boundingBox()
      expect(Number(table?.width)).toBeLessThanOrEqual(width)
    }
  }

  test.each([
    ['without scripts', false],
    ['with scripts', true]
  ])(
    'a customer signs in, opens a bill, changes the password and signs out, %s',
    async (_, javaScriptEnabled) => {
      const email = `ada-${javaScriptEnabled}@example.com`
      await registered(email)
      await inChromium({ javaScriptEnabled, locale: 'en-GB' }, async (browser) => {
        const page = await browser.newPage()
        const violations: string[] = []
        page.on('console', (message) => {
          if (message.text().includes('Content Security Policy')) violations.push(message.text())
        })
        await signIn(page, email, 'not the password')
        await expectFit(page)
        expect(await page.getByRole('alert').textContent()).toContain('is wrong')
        await signIn(page, email, PASSWORD)
        expect(page.url()).toBe(`${root}/portal`)
        expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Welcome, Ada')
        await expectFit(page)
        await page.getByRole('link', { name: /^HTML / }).click()
        expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('Invoice INV')
        await page.goBack()
        await page.getByRole('link', { name: /^Dispute / }).click()
        await expectFit(page)
        await page.getByLabel('Or an amount').fill('5')
        await page.getByLabel('In your words').fill('Not me')
        await page.getByRole('button', { name: 'Send the dispute' }).click()
        expect(await page.locator('dd strong').textContent()).toBe('Received')
        await expectFit(page)
        await page.getByRole('link', { name: 'Change the password' }).click()
        await page.getByLabel('Present password').fill(PASSWORD)
        await page.getByLabel('New password').fill('another long password')
        await page.getByRole('button', { name: 'Change the password' }).click()
        expect(await page.getByRole('status').textContent()).toContain('is changed')
        await expectFit(page)
        await page.getByRole('button', { name: 'Sign out' }).click()
        expect(page.url()).toBe(`${root}/portal/sign-in?tenant=demo`)
        await page.goto(`${root}/portal`)
        expect(page.url()).toContain('/portal/sign-in')
        await signIn(page, email, 'another long password')
        expect(page.url()).toBe(`${root}/portal`)
        expect(violations).toEqual([])
      })
    },
    LIMIT_MS
  )
})

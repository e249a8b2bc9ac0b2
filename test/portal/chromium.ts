import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

/** Says loudly that the tests in a browser are skipped where it cannot be had. */
export function hasChromium(): boolean {
  if (existsSync(CHROMIUM)) return true
  console.warn(`skipped: ${CHROMIUM} is missing; apt-get install chromium brings it`)
  return false
}

/** Runs work in a browser of its own, with scripts or without. */
export async function inChromium(
  options: { readonly javaScriptEnabled: boolean; readonly locale: string },
  work: (browser: BrowserContext) => Promise<void>
): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tmf678-chromium-'))
  const settings = { executablePath: CHROMIUM, headless: true, args: FLAGS, ...options }
  try {
    const browser = await chromium.launchPersistentContext(folder, settings)
    await work(browser).finally(() => browser.close())
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

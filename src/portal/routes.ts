import type { FastifyInstance } from 'fastify'
import { registerPages } from '../pages/routes.ts'
import { captchaScript } from './captcha.ts'
import { disputePages } from './dispute.ts'
import { entryPages } from './entry.ts'
import { failurePage } from './failure.ts'
import { readCustomers } from './session.ts'
import { startPages } from './start.ts'
import { PORTAL_BASE, type PortalContext } from './visit.ts'

/** Registers the pages for customers. */
export async function registerPortal(app: FastifyInstance, context: PortalContext): Promise<void> {
  app.decorateRequest('customer', null)
  const site = {
    base: PORTAL_BASE,
    pages: [captchaScript, ...entryPages, ...startPages, ...disputePages],
    context,
    publicUrl: context.publicUrl
  }
  await registerPages(app, { ...site, failure: failurePage }, (scope) => readCustomers(scope, context))
}

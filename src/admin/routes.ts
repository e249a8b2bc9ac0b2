import type { FastifyInstance } from 'fastify'
import type { Endpoint } from '../tmf/serving/endpoint.ts'
import { type RouteContext, registerResource } from '../tmf/serving/routes.ts'
import { type CaptchaRoutes, captchaEndpoints } from './captcha-routes.ts'
import { adminResources } from './index.ts'
import { rotationEndpoints } from './rotation-routes.ts'
import { tenantEndpoints } from './tenant-routes.ts'

export function adminEndpoints(settings: CaptchaRoutes): readonly Endpoint[] {
  return [...rotationEndpoints, ...tenantEndpoints, ...captchaEndpoints(settings)]
}

export type AdminContext = Omit<RouteContext, 'resources' | 'supportsProxy'>

/**
 * Registers the administration below a base path, e.g. `/admin/v1`. It is for the provider; nobody acts as a partner.
 */
export async function registerAdmin(
  app: FastifyInstance,
  base: string,
  parts: AdminContext,
  settings: CaptchaRoutes
): Promise<void> {
  const context: RouteContext = { ...parts, resources: adminResources, supportsProxy: false }
  await app.register(async (admin) => {
    // Some responses hold a secret; all hold access rights.
    admin.addHook('onRequest', async (_, reply) => {
      reply.header('Cache-Control', 'no-store')
    })
    for (const resource of adminResources.values()) registerResource(admin, base, resource, context)
    for (const { register } of adminEndpoints(settings)) register(admin, base, context)
  })
}

import { createHash } from 'node:crypto'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { adminResources } from './admin/index.ts'
import { adminEndpoints } from './admin/routes.ts'
import { ADMIN_SCHEMAS } from './admin/tenant-schema.ts'
import { SCOPE_DESCRIPTIONS } from './auth/access/scopes.ts'
import { CLIENT_SCHEME, OAUTH_OPERATIONS } from './auth/oauth/openapi.ts'
import { OAUTH_SCHEMAS } from './auth/oauth/schemas.ts'
import {
  ADMIN_BASE,
  apiEndpoints,
  apiResources,
  BASE_PATHS,
  BILL_SCHEMAS,
  BILLING_BASE,
  BILLING_SCHEMAS,
  BILLING_TAGS,
  billingEndpoints,
  FIELD_BASE,
  FIELD_SCHEMAS,
  fieldEndpoints,
  fileEndpoints,
  HEALTH_BASE,
  NO_CUSTOMERS,
  UNSET
} from './endpoints.ts'
import { asyncApiDocument } from './events/asyncapi.ts'
import { DELIVERY_SCHEMAS } from './events/delivery-schema.ts'
import { EVENT_SCHEMAS, EVENT_TAGS } from './events/endpoints.ts'
import { healthEndpoints } from './health.ts'
import { PUBLIC } from './http/access.ts'
import { pathOf } from './http/address.ts'
import { isUnchanged } from './http/conditional.ts'
import { JSON_TYPE } from './http/media-types.ts'
import { PARTNER_BASE, PARTNER_SCHEMAS, PARTNER_TAGS, partnerEndpoints } from './partner-api/routes.ts'
import { registerRoot, TITLE } from './root.ts'
import { openApiDocument, type Section } from './tmf/openapi/document.ts'
import type { Json } from './tmf/openapi/schemas.ts'
import type { Endpoint } from './tmf/serving/endpoint.ts'

/** The page loads nothing from elsewhere and runs no inline script: a pasted token cannot leave the server. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join('; ')

const DESCRIPTION = `Customer bills, requests for bills, the rates on them and the cycles that make them, as TM Forum's
TMF678 v4.0.0 has them. Operations marked as extensions go beyond that standard; \`x-tmf-operation\` says so to
programs. Every failure has the body \`Error\`. HEAD is taken wherever GET is.`

/** The path of `publicUrl`, the server's address as clients see it, precedes every path of the API. */
export function apiDocument(publicUrl?: string): Json {
  const prefix = pathOf(publicUrl)
  return openApiDocument({
    title: TITLE,
    version: '4.0.0',
    description: DESCRIPTION,
    basePaths: BASE_PATHS,
    prefix,
    securitySchemes: securitySchemes(prefix),
    clientSchemes: {
      [CLIENT_SCHEME]: { type: 'http', scheme: 'basic', description: 'The name and the secret of a client' }
    },
    sections: SECTIONS
  })
}

const SECTIONS: readonly Section[] = [
  {
    resources: [...apiResources(UNSET).values()],
    supportsProxy: true,
    operations: described(apiEndpoints(UNSET)),
    tags: EVENT_TAGS,
    schemas: { ...BILL_SCHEMAS, ...EVENT_SCHEMAS, ...DELIVERY_SCHEMAS }
  },
  {
    base: BILLING_BASE,
    tags: BILLING_TAGS,
    operations: described([...billingEndpoints, ...fileEndpoints]),
    schemas: BILLING_SCHEMAS
  },
  {
    base: FIELD_BASE,
    operations: described(fieldEndpoints),
    schemas: FIELD_SCHEMAS
  },
  {
    base: PARTNER_BASE,
    tags: PARTNER_TAGS,
    operations: described(partnerEndpoints(NO_CUSTOMERS)),
    schemas: PARTNER_SCHEMAS
  },
  {
    base: ADMIN_BASE,
    resources: [...adminResources.values()],
    tags: { tenant: 'Providers with their settings' },
    operations: described(adminEndpoints(NO_CUSTOMERS)),
    schemas: ADMIN_SCHEMAS
  },
  {
    base: '',
    tags: { oauth: 'Tokens: get, revoke and check them' },
    operations: OAUTH_OPERATIONS,
    schemas: OAUTH_SCHEMAS
  },
  {
    base: HEALTH_BASE,
    tags: { health: 'Probes' },
    operations: described(healthEndpoints(() => undefined))
  }
]

function described(endpoints: readonly Endpoint[]) {
  return endpoints.map(({ description }) => description)
}

function securitySchemes(prefix: string): Json {
  const scopes = SCOPE_DESCRIPTIONS
  const [tokenUrl, authorizationUrl] = [`${prefix}/oauth/token`, `${prefix}/oauth/authorize`]
  return {
    oauth: {
      type: 'oauth2',
      description: 'Access tokens, sent as `Authorization: Bearer`. Passwords go as their lower-case hex SHA-256.',
      flows: {
        password: { tokenUrl, refreshUrl: tokenUrl, scopes },
        clientCredentials: { tokenUrl, scopes },
        authorizationCode: { authorizationUrl, tokenUrl, refreshUrl: tokenUrl, scopes }
      }
    },
    bearer: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'An access token'
    },
    apiKey: { type: 'apiKey', in: 'header', name: 'token', description: 'An API key' },
    apiKeyInAuthorization: {
      type: 'apiKey',
      in: 'header',
      name: 'Authorization',
      description: 'An API key, sent as `ApiKey <key>`'
    }
  }
}

/** Registers `/` with links, `/openapi.json`, `/asyncapi.json`, and `/docs`: Swagger UI from this process only. */
export async function registerDocs(app: FastifyInstance, publicUrl?: string): Promise<void> {
  registerRoot(app, pathOf(publicUrl), BASE_PATHS[0])
  const text = lazily(() => JSON.stringify(apiDocument(publicUrl)))
  registerDocument(app, '/openapi.json', text)
  registerDocument(
    app,
    '/asyncapi.json',
    lazily(() => JSON.stringify(asyncApiDocument()))
  )
  await app.register((docs) => registerPage(docs, text, pathOf(publicUrl)))
}

function registerDocument(app: FastifyInstance, path: string, text: () => string): void {
  const tag = lazily(() => `"${createHash('sha256').update(text()).digest('base64url')}"`)
  app.get(path, PUBLIC, async (request, reply) => {
    reply.header('ETag', tag()).header('Cache-Control', 'no-cache')
    if (isUnchanged(request.headers['if-none-match'], tag())) return reply.code(304).send()
    return reply.type(JSON_TYPE).send(text())
  })
}

async function registerPage(docs: FastifyInstance, text: () => string, indexPrefix: string): Promise<void> {
  docs.addHook('onRoute', (route) => {
    route.config = { ...route.config, access: 'public' }
  })
  // Swagger UI needs this plugin, but gets the document below, on demand.
  await docs.register(swagger, {
    mode: 'static',
    specification: { document: { openapi: '3.1.0', info: { title: TITLE, version: '4.0.0' }, paths: {} } }
  })
  await docs.register(swaggerUi, {
    routePrefix: '/docs',
    indexPrefix,
    staticCSP: CONTENT_SECURITY_POLICY,
    theme: { title: TITLE },
    uiConfig: { layout: 'BaseLayout', docExpansion: 'list', defaultModelsExpandDepth: 0, displayRequestDuration: true },
    transformSpecification: () => JSON.parse(text()),
    transformSpecificationClone: false
  })
}

/** Makes a value on first use: most servers never show their documentation. */
function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

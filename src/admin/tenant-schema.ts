import { bodySchema } from '../tmf/openapi/endpoint.ts'
import { ADDRESS, INSTANT, objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { type Json, schemaRef } from '../tmf/openapi/schemas.ts'
import { CAPTCHA_SCHEMA } from './captcha-routes.ts'
import { TENANT_CREATION } from './tenant-settings.ts'

const { properties } = bodySchema(TENANT_CREATION)
const TENANT: Json = {
  type: 'object',
  description: 'A provider with its settings',
  required: [
    ...['id', 'href', 'name', 'isOperator', 'timeZone', 'currency', 'language', 'billNumberPattern'],
    ...[
      'creditNoteNumberPattern',
      'correctionReasons',
      'disputeReasons',
      'callChargeTypes',
      'unknownAccounts',
      'releaseRequires',
      'createdAt'
    ]
  ],
  properties: {
    ...properties,
    href: { ...ADDRESS, description: 'The address of the tenant' },
    isOperator: { type: 'boolean', description: 'Whether its administrators see and create all tenants' },
    createdAt: { ...INSTANT, description: 'Time of creation' }
  }
}

export const ADMIN_SCHEMAS: Json = {
  Tenant: TENANT,
  Captcha: CAPTCHA_SCHEMA,
  Tenant_Created: {
    allOf: [
      schemaRef('Tenant'),
      {
        type: 'object',
        description: 'With its first client and user; the secrets are shown once',
        required: ['client', 'user'],
        properties: {
          client: objectOf({ clientId: TEXT, secret: TEXT }),
          user: objectOf({ username: TEXT, password: TEXT })
        }
      }
    ]
  }
}

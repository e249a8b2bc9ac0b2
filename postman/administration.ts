import { query } from '../ctk/checks.ts'
import type { Task, TaskRequest } from './task.ts'

const PATCH = 'application/merge-patch+json'

/** Creates one, renews its secret if it has one, and deletes it. */
function passing(type: string, body: object, renewal: readonly TaskRequest[]): readonly TaskRequest[] {
  const noun = type.toLowerCase()
  const path = [`{{${type}Id}}`]
  return [
    { name: `Create a ${noun}`, operation: `create${type}`, status: 201, body, save: { [`${type}Id`]: '.id' } },
    ...renewal.map((request) => ({ ...request, path })),
    { name: `Read the ${noun}`, operation: `retrieve${type}`, status: 200, path },
    { name: `Delete the ${noun}`, operation: `delete${type}`, status: 204, path }
  ]
}

/** Tasks of administrators. */
export const ADMINISTRATION: Task = {
  name: 'Administration',
  description: 'Partners, users, clients, keys, the settings of the tenant, and the audit.',
  requests: [
    ...passing('Partner', { accountNumber: 'P-{{$timestamp}}', name: 'Northern Resale' }, []),
    ...passing('User', { username: 'nora-{{$timestamp}}', scope: ['bill:read'] }, [
      { name: 'Change the password', operation: 'changeUserPassword', status: 200, body: {} }
    ]),
    ...passing('Client', { clientId: 'erp-{{$timestamp}}', grantTypes: ['client_credentials'], scope: ['bill:read'] }, [
      { name: 'Replace the secret', operation: 'rotateClientSecret', status: 200, body: null }
    ]),
    {
      name: 'Create an API key',
      operation: 'createApiKey',
      status: 201,
      body: { name: 'Example', scope: ['bill:read'] },
      save: { keyId: '.id', key: '.key' }
    },
    {
      name: 'Use it',
      operation: 'listCustomerBill',
      status: 206,
      query: query({ limit: '1' }),
      headers: { token: '{{key}}' },
      isOpen: true
    },
    {
      name: 'Replace it',
      operation: 'rotateApiKey',
      status: 201,
      path: ['{{keyId}}'],
      body: {},
      save: { newKeyId: '.id' }
    },
    { name: 'Delete the new key', operation: 'deleteApiKey', status: 204, path: ['{{newKeyId}}'] },
    { name: 'Delete the old key', operation: 'deleteApiKey', status: 204, path: ['{{keyId}}'] },
    { name: 'List tenants', operation: 'listTenant', status: 200, save: { tenantId: '[0].id' } },
    { name: 'Read the tenant', operation: 'retrieveTenant', status: 200, path: ['{{tenantId}}'] },
    {
      name: 'Change the contact on documents',
      operation: 'patchTenant',
      status: 200,
      path: ['{{tenantId}}'],
      type: PATCH,
      body: { branding: { contact: ['+49 40 123'] } }
    },
    {
      name: 'Create a tenant, which only an operator may',
      operation: 'createTenant',
      status: 403,
      body: { id: 'acme', name: 'Acme Telecom' }
    },
    {
      name: 'Read changes of keys',
      operation: 'listAuditEntry',
      status: 206,
      query: query({ resourceType: 'ApiKey', sort: '-id', limit: '1' })
    }
  ]
}

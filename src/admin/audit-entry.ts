import { ACTIONS, ACTOR_TYPES } from '../audit/record.ts'
import { instant, integer, json, oneOf, text } from '../tmf/declaration/attribute.ts'
import { defineResource } from '../tmf/declaration/define.ts'
import { any } from '../tmf/declaration/shape.ts'
import { ADMINISTRATION } from './attributes.ts'

/** A change in the audit; nobody changes or removes it. */
export const auditEntry = defineResource({
  ...ADMINISTRATION,
  type: 'AuditEntry',
  path: 'audit',
  table: 'audit_entry',
  description: 'The record of changes and their authors',
  operations: { list: 'extension', retrieve: 'extension' },
  attributes: {
    recordedAt: instant('recorded_at', 'Time of the change', 'indexed', 'readOnly'),
    actorType: oneOf('actor_type', ACTOR_TYPES, 'Kind of principal', 'readOnly'),
    actorId: text('actor_id', 'Identifier of the principal', 'indexed', 'readOnly'),
    actorName: text('actor_name', 'Name of the principal at that time', 'readOnly'),
    onBehalfOf: text('on_behalf_of', 'Account number of the partner that the provider acted as', 'readOnly'),
    address: text('address', 'Address of the client', 'readOnly'),
    requestId: text('request_id', 'The X-Request-Id of the request', 'readOnly'),
    action: oneOf('action', ACTIONS, 'The action', 'readOnly'),
    resourceType: text('resource_type', 'Type of the changed resource, e.g. CustomerBill', 'readOnly'),
    resourceId: text('resource_id', 'Identifier of the changed resource', 'indexed', 'readOnly'),
    before: json('before', any, 'Changed parts before; secrets and personal data masked', 'readOnly'),
    after: json('after', any, 'Changed parts after; secrets and personal data masked', 'readOnly'),
    position: integer('position', "Place in the tenant's chain, once it is sealed", 'indexed', 'readOnly'),
    hash: text('hash', 'Seal over this entry and the one before it', 'readOnly')
  },
  patchable: []
})

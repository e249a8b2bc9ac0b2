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
  description: 'Who changed what',
  operations: { list: 'extension', retrieve: 'extension' },
  attributes: {
    recordedAt: instant('recorded_at', 'When it was done', 'indexed', 'readOnly'),
    actorType: oneOf('actor_type', ACTOR_TYPES, 'What kind of principal did it', 'readOnly'),
    actorId: text('actor_id', 'Identifier of the principal', 'indexed', 'readOnly'),
    actorName: text('actor_name', 'Name of the principal at that time', 'readOnly'),
    onBehalfOf: text('on_behalf_of', 'Account number of the partner as which the provider acted', 'readOnly'),
    address: text('address', 'Where the request came from', 'readOnly'),
    requestId: text('request_id', 'The X-Request-Id of the request', 'readOnly'),
    action: oneOf('action', ACTIONS, 'What was done', 'readOnly'),
    resourceType: text('resource_type', 'Type of what was changed, e.g. CustomerBill', 'readOnly'),
    resourceId: text('resource_id', 'Identifier of what was changed', 'indexed', 'readOnly'),
    before: json('before', any, 'What it was, as far as it changed; secrets and personal data masked', 'readOnly'),
    after: json('after', any, 'What it became, as far as it changed; secrets and personal data masked', 'readOnly'),
    position: integer('position', "Place in the tenant's chain, once it is sealed", 'indexed', 'readOnly'),
    hash: text('hash', 'Seal over this entry and the one before it', 'readOnly')
  },
  patchable: []
})

import type { Transaction } from '../db/database.ts'
import { sql } from '../db/sql.ts'
import { BODIES } from '../messages/body.ts'
import { aboutName } from '../messages/problem.ts'
import { reference, text } from '../tmf/declaration/attribute.ts'
import { defineResource } from '../tmf/declaration/define.ts'
import type { Document, Owner, Stored } from '../tmf/declaration/resource.ts'
import { plainObject, text as textShape } from '../tmf/declaration/shape.ts'
import { ADMINISTRATION, identifying, lastUpdate } from './attributes.ts'

/** A header carries it: visible ASCII characters without spaces. */
const ACCOUNT_NUMBER = /^[\x21-\x7e]{1,64}$/
const ACCOUNT_NUMBER_MAX_LENGTH = 64

const accountRef = plainObject('OwnAccountRef', { id: [textShape(256), 'Identifier of the account', 'required'] })

export const partner = defineResource({
  ...ADMINISTRATION,
  type: 'Partner',
  path: 'partner',
  table: 'partner',
  description: 'A channel partner of the provider',
  attributes: {
    accountNumber: identifying(
      'account_number',
      ACCOUNT_NUMBER,
      ACCOUNT_NUMBER_MAX_LENGTH,
      'Account number, as in the header proxy_accountNumber'
    ),
    name: text('name', 'Name of the partner'),
    billingAccount: {
      ...reference(
        'billing_account',
        accountRef,
        "The partner's own balance account, one of the provider's",
        'indexed'
      ),
      storage: { kind: 'reference', id: 'billing_account_id' } as const
    },
    lastUpdate
  },
  examples: {
    create: { accountNumber: 'PARTNER-EXAMPLE', name: 'Example Telecom' },
    patch: { name: 'Example Networks' }
  },
  patchable: ['name', 'billingAccount'],
  completeFromDatabase: requireOwnAccount,
  unique: {
    partner_tenant_id_account_number_key: 'accountNumber',
    partner_tenant_id_billing_account_id_key: 'billingAccount'
  }
})

/** Throws `invalidField` for an account that is none of the provider's own. */
async function requireOwnAccount(
  tx: Transaction,
  { tenantId }: Owner,
  document: { readonly billingAccount?: { readonly id: string } },
  before?: Stored<{ readonly billingAccount?: { readonly id: string } }>
): Promise<Document> {
  const id = document.billingAccount?.id
  if (id === undefined || id === before?.document.billingAccount?.id) return document
  const { rowCount } = await tx.run(sql`SELECT FROM "billing_account"
    WHERE "tenant_id" = ${tenantId} AND "id" = ${id} AND "partner_id" IS NULL`)
  if (rowCount === 1) return document
  throw aboutName(BODIES.unknownReference('$.billingAccount.id', 'billing account of the provider'))
}

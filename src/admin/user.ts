import { newSecret } from '../auth/keys/secret.ts'
import { encodePassword, hashPassword } from '../auth/sign-in/password.ts'
import { requirePlainText } from '../base/plain-text.ts'
import { ADMIN } from '../messages/admin.ts'
import { text } from '../tmf/declaration/attribute.ts'
import { defineResource } from '../tmf/declaration/define.ts'
import type { NewSecret } from '../tmf/declaration/resource.ts'
import type { Scalar } from '../tmf/declaration/shape.ts'
import { ADMINISTRATION, identifying, isEnabled, lastUpdate, partner, scope } from './attributes.ts'
import { requireDistinct, requireKept } from './checks.ts'

/** Any characters one can type; tokens contain it, and their length is limited. */
const USERNAME = /^\P{Cc}+$/u
const USERNAME_MAX_LENGTH = 128
const PASSWORD_MIN_LENGTH = 8
const PASSWORD_MAX_LENGTH = 256
const CHOSEN: Scalar = { kind: 'text', minLength: PASSWORD_MIN_LENGTH, maxLength: PASSWORD_MAX_LENGTH }

export const user = defineResource({
  ...ADMINISTRATION,
  type: 'User',
  path: 'user',
  table: 'oauth_user',
  description: 'A person who signs in with a password',
  attributes: {
    username: identifying('username', USERNAME, USERNAME_MAX_LENGTH, 'The name to sign in with'),
    name: text('name', 'Name of the person'),
    scope,
    isEnabled,
    partner,
    lastUpdate
  },
  examples: {
    create: { username: 'clerk.example', name: 'Erin Example', scope: ['bill:read', 'account:read'] },
    patch: { scope: ['bill:read'] }
  },
  patchable: ['name', 'scope', 'isEnabled'],
  completePosted: (document) => ({ isEnabled: true, ...document }),
  check: (document, before) => {
    if (!before) requirePlainText('$.username', document.username)
    requireKept(document, ['isEnabled'])
    requireDistinct(document, ['scope'])
  },
  unique: { oauth_user_tenant_id_username_key: 'username' },
  secret: { member: 'password', column: 'password_hash', chosen: CHOSEN, isSlow: true, make: makePassword }
})

async function makePassword(chosen: unknown): Promise<NewSecret> {
  const isChosen = chosen !== undefined
  const password = isChosen ? readPassword(chosen) : newSecret()
  return { kept: await hashPassword(encodePassword(password)), shown: isChosen ? undefined : password }
}

function readPassword(chosen: unknown): string {
  if (typeof chosen === 'string' && chosen.length >= PASSWORD_MIN_LENGTH && chosen.length <= PASSWORD_MAX_LENGTH) {
    return chosen
  }
  throw ADMIN.password(PASSWORD_MIN_LENGTH, PASSWORD_MAX_LENGTH)
}

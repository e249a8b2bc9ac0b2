/**
 * How the names of members end that hold a secret or say something about a person, wherever they stand, in words:
 * `key` is for `key` and `apiKey`, not for `keyId`. What only tells how a secret is used stays (`passwordEncoding`).
 */
const MASKED_ENDINGS: readonly string[] = [
  // Secrets, and what could be tried against them.
  ...['password', 'passphrase', 'passcode', 'pin', 'secret', 'token', 'credential', 'authorization', 'cookie'],
  ...['key', 'hash', 'jwk', 'signature'],
  // How a person is reached.
  ...[
    'email',
    'email recipients',
    'email addresses',
    'phone',
    'telephone',
    'phone number',
    'mobile',
    'fax',
    'fax number',
    'contact medium'
  ],
  ...[
    'address',
    'street',
    'street name',
    'street nr',
    'postcode',
    'post code',
    'postal code',
    'zip',
    'city',
    'locality'
  ],
  // Who a person is, and how one pays.
  ...['given name', 'family name', 'first name', 'last name', 'full name', 'formatted name', 'nickname'],
  ...['birth date', 'date of birth', 'birthday', 'place of birth', 'national id', 'passport number', 'tax number'],
  ...['iban', 'bic', 'card number', 'name on card', 'account holder', 'cvv', 'cvc'],
  // Documents themselves.
  'content'
]
const MASKED = new RegExp(`(?:^| )(?:${MASKED_ENDINGS.join('|')})s? ?\\d*$`)
const MASK = '***'
const URL_START = /^[a-z][a-z0-9+.-]*:\/\//i

/**
 * A copy of a document in which secrets and personal data are replaced by `***`. What is absent or null stays so. Of an
 * address on the web its user with the password, its query and its fragment go: they may open what it leads to.
 */
export function masked(document: object): object {
  return Object.fromEntries(Object.entries(document).map(([name, value]) => [name, maskMember(name, value)]))
}

function maskMember(name: string, value: unknown): unknown {
  // A flag such as refreshesClientCredentials hides nothing.
  return isMaskedName(name) && typeof value !== 'boolean' ? hide(value) : maskValue(value)
}

function maskValue(value: unknown): unknown {
  if (typeof value === 'string') return maskUrl(value)
  if (Array.isArray(value)) return value.map(maskValue)
  return typeof value === 'object' && value !== null ? maskNested(value) : value
}

function maskNested(nested: object): object {
  const hidden = hiddenMember(nested)
  return Object.fromEntries(
    Object.entries(nested).map(([name, value]) => [name, name === hidden ? hide(value) : maskMember(name, value)])
  )
}

/**
 * The name of what a document refers to is a person's or a company's; that of the document itself is not. Of a
 * characteristic the name is harmless, and its value may be anything.
 */
function hiddenMember(nested: object): string {
  return 'name' in nested && 'value' in nested && !('id' in nested) ? 'value' : 'name'
}

function hide(value: unknown): unknown {
  return value === null || value === undefined ? value : MASK
}

function maskUrl(text: string): string {
  if (!URL_START.test(text)) return text
  return text.replace(/^([^/]+\/\/)[^/?#]*@/, `$1${MASK}@`).replace(/([?#]).*$/s, `$1${MASK}`)
}

/** `emailAddress`, `EmailAddress`, `email_address` and `email-address` are one name; so are `street1` and `street`. */
function isMaskedName(name: string): boolean {
  const words = name.replace(/([a-z0-9])(?=[A-Z])/g, '$1 ').replace(/[^A-Za-z0-9]+/g, ' ')
  return MASKED.test(words.toLowerCase())
}

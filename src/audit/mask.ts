/**
 * Endings of names, in words, of members with a secret or personal data: `key` covers `key` and `apiKey`, not `keyId`.
 * Names that only say how a secret is used are left out (`passwordEncoding`).
 */
const MASKED_ENDINGS: readonly string[] = [
  // Secrets, and anything to try against them.
  ...['password', 'passphrase', 'passcode', 'pin', 'secret', 'token', 'credential', 'authorization', 'cookie'],
  ...['key', 'hash', 'jwk', 'signature'],
  // Contacts of a person.
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
  // Identity and means of payment.
  ...['given name', 'family name', 'first name', 'last name', 'full name', 'formatted name', 'nickname'],
  ...['birth date', 'date of birth', 'birthday', 'place of birth', 'national id', 'passport number', 'tax number'],
  ...['iban', 'bic', 'card number', 'name on card', 'account holder', 'cvv', 'cvc'],
  // Documents.
  'content'
]
const MASKED = new RegExp(`(?:^| )(?:${MASKED_ENDINGS.join('|')})s? ?\\d*$`)
const MASK = '***'
const URL_START = /^[a-z][a-z0-9+.-]*:\/\//i

/**
 * Copies a document with secrets and personal data replaced by `***`; null and undefined stay. Web addresses lose user,
 * password, query and fragment, which may grant access.
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

/** Returns the member to hide: the name of a referenced person or company, but the value of a characteristic. */
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

/**
 * Takes `emailAddress`, `EmailAddress`, `email_address` and `email-address` for one name; also `street1` and `street`.
 */
function isMaskedName(name: string): boolean {
  const words = name.replace(/([a-z0-9])(?=[A-Z])/g, '$1 ').replace(/[^A-Za-z0-9]+/g, ' ')
  return MASKED.test(words.toLowerCase())
}

import { z } from 'zod'
import { isRecord } from '../../base/unknown.ts'
import { decodeLogo, type Logo } from '../../image/logo.ts'

const COLOUR = '#1f3a5f'

/** Unreadable parts count as missing: no mistake in a tenant's settings keeps a bill from being shown. */
const optionalText = z.string().optional().catch(undefined)
const ADDRESS = z.object({
  line1: optionalText,
  line2: optionalText,
  postalCode: optionalText,
  city: optionalText,
  state: optionalText,
  /** ISO 3166, two letters. */
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .optional()
    .catch(undefined)
})
const BRANDING = z.object({
  logo: optionalText,
  /** `#rrggbb` */
  colour: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/)
    .catch(COLOUR),
  address: ADDRESS.catch({}),
  contact: z.array(z.string()).readonly().catch([]),
  bank: z.object({ name: optionalText, iban: optionalText, bic: optionalText }).catch({}),
  taxNumber: optionalText
})

export type PostalAddress = Readonly<z.output<typeof ADDRESS>>

/** The look of a tenant's documents, from its column `branding`. */
export type Branding = Readonly<Omit<z.output<typeof BRANDING>, 'logo'>> & { readonly logo: Logo | undefined }

export async function readBranding(value: unknown): Promise<Branding> {
  const found = BRANDING.parse(isRecord(value) ? value : {})
  return { ...found, logo: await decodeLogo(found.logo) }
}

export function readAddress(value: unknown): PostalAddress {
  return ADDRESS.parse(isRecord(value) ? value : {})
}

import { z } from 'zod'
import { decodeLogo, type Logo } from '../../image/logo.ts'

/** The look of a tenant's documents, from its column `branding`. */
export interface Branding {
  readonly logo: Logo | undefined
  /** `#rrggbb` */
  readonly colour: string
  readonly address: PostalAddress
  readonly contact: readonly string[]
  readonly bank: {
    readonly name?: string | undefined
    readonly iban?: string | undefined
    readonly bic?: string | undefined
  }
  readonly taxNumber: string | undefined
}

export interface PostalAddress {
  readonly line1?: string | undefined
  readonly line2?: string | undefined
  readonly postalCode?: string | undefined
  readonly city?: string | undefined
  readonly state?: string | undefined
  /** ISO 3166, two letters. */
  readonly country?: string | undefined
}

const COLOUR = '#1f3a5f'

/** Unreadable parts count as missing: no mistake in a tenant's settings keeps a bill from being shown. */
const optionalText = z.string().optional().catch(undefined)
const address = z.object({
  line1: optionalText,
  line2: optionalText,
  postalCode: optionalText,
  city: optionalText,
  state: optionalText,
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .optional()
    .catch(undefined)
})
const branding = z.object({
  logo: optionalText,
  colour: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/)
    .catch(COLOUR),
  address: address.catch({}),
  contact: z.array(z.string()).catch([]),
  bank: z.object({ name: optionalText, iban: optionalText, bic: optionalText }).catch({}),
  taxNumber: optionalText
})

export async function readBranding(value: unknown): Promise<Branding> {
  const found = branding.parse(object(value))
  const logo = await decodeLogo(found.logo)
  return { ...found, logo, taxNumber: found.taxNumber }
}

export function readAddress(value: unknown): PostalAddress {
  return address.parse(object(value))
}

function object(value: unknown): object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

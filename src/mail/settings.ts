import { z } from 'zod'

/** How the SMTP server is reached. */
export interface SmtpSettings {
  readonly host: string
  readonly port: number
  /** TLS from the first byte; otherwise STARTTLS. */
  readonly isSecure: boolean
  /** A connection without TLS is given up. Off for the own machine only. */
  readonly requiresTls: boolean
  readonly auth: { readonly user: string; readonly pass: string } | undefined
}

export interface MailSettings {
  /** Without it mails are written to files. */
  readonly smtp: SmtpSettings | undefined
  readonly from: string
  /** The folder of these files. */
  readonly folder: string
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/
const PORTS = { 'smtp:': 587, 'smtps:': 465 } as const
const FORM = 'must be an address such as smtps://user:password@mail.example.com:465, without path and query'
/** Of mails that go to files. */
const NOBODY = 'no-reply@localhost'

export const mailVariables = {
  SMTP_URL: z
    .string()
    .transform((text, context) => {
      const settings = smtpSettings(text)
      if (settings) return settings
      // Without the value, which has a password.
      context.addIssue({ code: 'custom', message: FORM })
      return z.NEVER
    })
    .optional(),
  MAIL_FROM: z.email('must be an e-mail address').optional()
}

type Variables = { readonly [Name in keyof typeof mailVariables]?: z.output<(typeof mailVariables)[Name]> }

export function mailSettings({
  SMTP_URL,
  MAIL_FROM,
  DATA_DIR
}: Variables & { readonly DATA_DIR: string }): MailSettings {
  return { smtp: SMTP_URL, from: MAIL_FROM ?? NOBODY, folder: `${DATA_DIR}/mail` }
}

/** Reports that SMTP_URL lacks a sender. */
export function requireSender({ SMTP_URL, MAIL_FROM }: Variables, context: z.RefinementCtx): void {
  if (SMTP_URL === undefined || MAIL_FROM !== undefined) return
  context.addIssue({ code: 'custom', path: ['MAIL_FROM'], message: 'is needed with SMTP_URL' })
}

function smtpSettings(text: string): SmtpSettings | undefined {
  if (!URL.canParse(text) || /[?#\s]/.test(text)) return undefined
  const { protocol, hostname, port, username, password, pathname } = new URL(text)
  if ((protocol !== 'smtp:' && protocol !== 'smtps:') || hostname === '' || !['', '/'].includes(pathname))
    return undefined
  try {
    const auth =
      username === '' ? undefined : { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
    return {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? PORTS[protocol] : Number(port),
      isSecure: protocol === 'smtps:',
      requiresTls: !LOOPBACK.test(hostname),
      auth
    }
  } catch {
    return undefined
  }
}

import { mkdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import type { SendMailOptions } from 'nodemailer'
import { onDemand } from '../base/on-demand.ts'
import { memberOf } from '../base/unknown.ts'
import type { MailSettings, SmtpSettings } from './settings.ts'

/** Delivers mails. A Refused mail is refused for good; any other error may pass. */
export interface Transport {
  send(id: string, mail: SendMailOptions): Promise<void>
  close(): Promise<void>
}

/** The server refuses this mail for good. */
export class Refused extends Error {}

/** Two jobs at once send mails. */
const CONNECTIONS = 2
const TIMEOUTS = { dnsTimeout: 4_000, connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 8_000 }
/** A message has no business with files and addresses of this machine. */
const CLOSED = { disableFileAccess: true, disableUrlAccess: true }
const [FOLDER_MODE, FILE_MODE] = [0o700, 0o600]
const FAILURE_MAX = 300

/** Loaded with the first mail: most processes send none. */
const library = () => import('nodemailer')
const closeIt = (transport: { close(): void }) => transport.close()

export function openTransport({ smtp, folder }: Pick<MailSettings, 'smtp' | 'folder'>): Transport {
  return smtp ? smtpTransport(smtp) : fileTransport(folder)
}

/** `tls` may name another authority and server than Node would take. */
export function smtpTransport(
  { host, port, isSecure, requiresTls, auth }: SmtpSettings,
  tls: Pick<ConnectionOptions, 'ca' | 'servername'> = {}
): Transport {
  const options = {
    ...{ host, port, secure: isSecure, requireTLS: requiresTls, ignoreTLS: !isSecure && !requiresTls },
    ...(auth && { auth }),
    tls,
    ...({ pool: true, maxConnections: CONNECTIONS, maxRequeues: 0 } as const),
    ...TIMEOUTS,
    ...CLOSED
  }
  const { open, close } = onDemand(async () => (await library()).createTransport(options), closeIt)
  return {
    send: async (_, mail) => {
      const transport = await open()
      await transport.sendMail(mail).catch((error: unknown) => {
        throw failureOf(error)
      })
    },
    close
  }
}

/** Writes each mail to a file of its id, whole or not at all. */
export function fileTransport(folder: string): Transport {
  const options = { streamTransport: true, buffer: true, ...CLOSED } as const
  const { open, close } = onDemand(async () => (await library()).createTransport(options), closeIt)
  return {
    send: async (id, mail) => {
      const { message } = await (await open()).sendMail(mail)
      await mkdir(folder, { recursive: true, mode: FOLDER_MODE })
      const file = path.join(folder, `${id}.eml`)
      await writeFile(`${file}.part`, message, { mode: FILE_MODE })
      await rename(`${file}.part`, file)
    },
    close
  }
}

/** Keeps the reply of the server and leaves the rest out: the library's error knows the connection. */
function failureOf(error: unknown): Error {
  const [code, status] = [memberOf(error, 'code'), Number(memberOf(error, 'responseCode'))]
  const reply = memberOf(error, 'response') ?? memberOf(error, 'message')
  const message = `${String(code ?? 'failed')}: ${String(reply ?? '')}`.slice(0, FAILURE_MAX)
  // A refused sender is a wrong setting, and the fault of no mail.
  const isOfMail = memberOf(error, 'command') !== 'MAIL FROM' && (code === 'EENVELOPE' || code === 'EMESSAGE')
  const isFinal = isOfMail && status >= 500
  return isFinal ? new Refused(message) : new Error(message)
}

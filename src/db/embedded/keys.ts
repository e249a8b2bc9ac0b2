import { linkSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { newSecretKey, readSecretKeys, type SecretKeys } from '../../base/secret-keys.ts'
import { startError } from '../../base/start-error.ts'
import { memberOf } from '../../base/unknown.ts'

const OWNER_ONLY = 0o600

/** Returns the embedded database's keys from the file `secret-keys` beside it; the first call makes one. */
export function embeddedSecretKeys(directory: string): SecretKeys {
  const file = path.join(directory, 'secret-keys')
  const made = `${file}.${process.pid}`
  try {
    writeFileSync(made, `${newSecretKey()}\n`, { mode: OWNER_ONLY })
    // Links a whole file or none; a second process finds the first one's.
    linkSync(made, file)
  } catch (error) {
    if (memberOf(error, 'code') !== 'EEXIST') throw startError(`Cannot write ${file}`, error)
  } finally {
    rmSync(made, { force: true })
  }
  return readSecretKeys(file)
}

import { parseSecretKeys } from '../../src/base/secret-keys.ts'
import { type Config, readConfig } from '../../src/config.ts'
import { UNHURRIED } from '../../src/pace/unhurried.ts'

/** Keys of secrets in tests, as in the environment. */
export const SECRET_KEYS = Buffer.alloc(32, 'tests').toString('base64')
const parsed = parseSecretKeys(SECRET_KEYS)
export const secrets = () => parsed

/** The configuration of every test server: independent of the machine's load, unless `env` says otherwise. */
export function testConfig(env: Readonly<Record<string, string>> = {}): Config {
  return readConfig({ ...UNHURRIED, ...env })
}

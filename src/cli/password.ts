import type { Arguments, Context } from './command.ts'

/**
 * Reads the password from standard input, without its line end, if `--password-stdin` is set. Other processes could
 * read an argument.
 */
export async function chosenPassword(context: Context, { options }: Arguments): Promise<string | undefined> {
  return options['password-stdin'] ? (await context.readInput()).replace(/\r?\n$/, '') : undefined
}

import type { Arguments, Context } from './command.ts'

/**
 * The password on standard input, without the end of its line, where `--password-stdin` asks for it. As an argument
 * other processes could read it.
 */
export async function chosenPassword(context: Context, { options }: Arguments): Promise<string | undefined> {
  return options['password-stdin'] ? (await context.readInput()).replace(/\r?\n$/, '') : undefined
}

import { setFlagsFromString } from 'node:v8'

// Reading the program needs much memory for a moment, which V8 would keep for later. It shall save until the start is
// over, and grow with the load.
setFlagsFromString('--memory-saver-mode')
const { serve } = await import('./server.ts')
await serve(() => setFlagsFromString('--no-memory-saver-mode'))

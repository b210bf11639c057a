// One running preview: Sandpack's bundler in a frame of its own origin. Takes files, tells how it goes.
import { SandpackRuntime } from '@codesandbox/sandpack-client/clients/runtime'
import { type ConsoleLine, consoleLines } from './console-lines'
import { errorFrom, type PreviewError } from './errors'

export type PreviewSetup = {
  /** The origin that serves the bundler. */
  bundlerUrl: string
  environment: string
  entry: string
}

export type PreviewStage = 'starting' | 'packages' | 'building' | 'running'

export type PreviewEvent =
  | { type: 'stage'; stage: PreviewStage; detail?: string }
  /** The files as they were given are what is shown. */
  | { type: 'shown' }
  | { type: 'failed'; error: PreviewError }
  | { type: 'console'; lines: readonly ConsoleLine[] }
  | { type: 'address'; path: string }
  | { type: 'unreachable' }

export type PreviewFiles = Readonly<Record<string, string>>

/** Edits that come closer together than this are one. */
const RECOMPILE_AFTER_MS = 50
const REACHABLE_WITHIN_MS = 20_000

const SANDBOX =
  'allow-downloads allow-forms allow-modals allow-pointer-lock allow-popups allow-same-origin allow-scripts'

export class PreviewEngine {
  readonly #client: SandpackRuntime
  readonly #tell: (event: PreviewEvent) => void
  readonly #unlisten: () => void
  readonly #reachable: ReturnType<typeof setTimeout>
  #waiting: ReturnType<typeof setTimeout> | undefined
  #sent: string
  #failed = false
  #running = false

  constructor(
    frame: HTMLIFrameElement,
    setup: PreviewSetup,
    files: PreviewFiles,
    tell: (event: PreviewEvent) => void,
  ) {
    this.#tell = tell
    // Set before the client looks: it would ask for the camera and more.
    frame.setAttribute('sandbox', SANDBOX)
    this.#sent = JSON.stringify(files)
    tell({ type: 'stage', stage: 'starting' })
    this.#client = new SandpackRuntime(
      frame,
      { files: asModules(files), entry: setup.entry, template: templateOf(setup.environment) },
      {
        bundlerURL: setup.bundlerUrl,
        showErrorScreen: false,
        showLoadingScreen: false,
        showOpenInCodeSandbox: false,
        clearConsoleOnFirstCompile: true,
      },
    )
    this.#unlisten = this.#client.listen((message) => this.#hear(message))
    this.#reachable = setTimeout(() => tell({ type: 'unreachable' }), REACHABLE_WITHIN_MS)
  }

  /** Shows other files; the page keeps its state where the framework can. */
  update(files: PreviewFiles): void {
    const next = JSON.stringify(files)
    if (next === this.#sent) {
      clearTimeout(this.#waiting)
      return
    }
    clearTimeout(this.#waiting)
    this.#waiting = setTimeout(() => {
      this.#sent = next
      this.#client.updateSandbox({ files: asModules(files) })
    }, RECOMPILE_AFTER_MS)
  }

  reload(): void {
    this.#client.dispatch({ type: 'refresh' })
  }

  dispose(): void {
    clearTimeout(this.#waiting)
    clearTimeout(this.#reachable)
    this.#unlisten()
    this.#client.destroy()
  }

  #hear(message: Parameters<Parameters<SandpackRuntime['listen']>[0]>[0]): void {
    clearTimeout(this.#reachable)
    switch (message.type) {
      case 'start':
        this.#failed = false
        this.#running = false
        this.#tell({ type: 'stage', stage: 'building' })
        break
      case 'status':
        if (message.status === 'installing-dependencies') this.#tell({ type: 'stage', stage: 'packages' })
        if (message.status === 'transpiling') this.#tell({ type: 'stage', stage: 'building' })
        if (message.status === 'evaluating') this.#running = true
        if (message.status === 'evaluating') this.#tell({ type: 'stage', stage: 'running' })
        break
      case 'dependencies':
        if (message.data.state === 'downloaded_module')
          this.#tell({ type: 'stage', stage: 'packages', detail: message.data.name })
        break
      case 'action':
        if (message.action === 'show-error') {
          this.#failed = true
          this.#tell({ type: 'failed', error: errorFrom(message, this.#running) })
        }
        break
      case 'done':
        if (!message.compilatonError && !this.#failed) this.#tell({ type: 'shown' })
        break
      case 'console':
        this.#tell({ type: 'console', lines: consoleLines(message.log) })
        break
      case 'urlchange':
        this.#tell({ type: 'address', path: pathOf(message.url) })
        break
      default:
        break
    }
  }
}

function asModules(files: PreviewFiles): Record<string, { code: string }> {
  return Object.fromEntries(Object.entries(files).map(([path, code]) => [path, { code }]))
}

/** The environments that the server finds are Sandpack's own names; only these run in the browser. */
function templateOf(environment: string) {
  switch (environment) {
    case 'create-react-app':
    case 'create-react-app-typescript':
    case 'parcel':
    case 'vue-cli':
    case 'svelte':
    case 'static':
      return environment
    default:
      return 'create-react-app-typescript'
  }
}

function pathOf(url: string): string {
  try {
    const { pathname, search, hash } = new URL(url)
    return `${pathname}${search}${hash}`
  } catch {
    return '/'
  }
}

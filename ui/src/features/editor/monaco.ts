//! Monaco, loaded once: its parts, its workers (bundled, never from a CDN), the project's compiler options, the theme.
import 'monaco-editor/features/register.all'
import 'monaco-editor/languages/definitions/css/register'
import 'monaco-editor/languages/definitions/dockerfile/register'
import 'monaco-editor/languages/definitions/go/register'
import 'monaco-editor/languages/definitions/graphql/register'
import 'monaco-editor/languages/definitions/html/register'
import 'monaco-editor/languages/definitions/ini/register'
import 'monaco-editor/languages/definitions/javascript/register'
import 'monaco-editor/languages/definitions/less/register'
import 'monaco-editor/languages/definitions/markdown/register'
import 'monaco-editor/languages/definitions/mdx/register'
import 'monaco-editor/languages/definitions/python/register'
import 'monaco-editor/languages/definitions/rust/register'
import 'monaco-editor/languages/definitions/scss/register'
import 'monaco-editor/languages/definitions/shell/register'
import 'monaco-editor/languages/definitions/sql/register'
import 'monaco-editor/languages/definitions/typescript/register'
import 'monaco-editor/languages/definitions/xml/register'
import 'monaco-editor/languages/definitions/yaml/register'
import 'monaco-editor/languages/features/css/register'
import 'monaco-editor/languages/features/html/register'
import * as monaco from 'monaco-editor/editor'
import EditorWorker from 'monaco-editor/editor/editor.worker?worker'
import CssWorker from 'monaco-editor/language/css/css.worker?worker'
import HtmlWorker from 'monaco-editor/language/html/html.worker?worker'
import JsonWorker from 'monaco-editor/language/json/json.worker?worker'
import TsWorker from 'monaco-editor/language/typescript/ts.worker?worker'
import { jsonDefaults } from 'monaco-editor/languages/features/json/register'
import { javascriptDefaults, typescriptDefaults } from 'monaco-editor/languages/features/typescript/register'
import { monacoTheme, THEME } from './theme'

export { monaco }

self.MonacoEnvironment = {
  getWorker(_id: string, label: string): Worker {
    switch (label) {
      case 'typescript':
      case 'javascript':
        return new TsWorker()
      case 'css':
      case 'scss':
      case 'less':
        return new CssWorker()
      case 'html':
      case 'handlebars':
        return new HtmlWorker()
      case 'json':
        return new JsonWorker()
      default:
        return new EditorWorker()
    }
  },
}

// The worker's own TypeScript knows it; the type of these options does not list it.
const BUNDLER_RESOLUTION: number = 100
const options: Parameters<typeof typescriptDefaults.setCompilerOptions>[0] = {
  allowJs: true,
  allowNonTsExtensions: true,
  esModuleInterop: true,
  isolatedModules: true,
  jsx: 4,
  module: 99,
  moduleResolution: BUNDLER_RESOLUTION,

  noEmit: true,
  resolveJsonModule: true,
  skipLibCheck: true,
  strict: true,
  target: 99,
}
for (const defaults of [typescriptDefaults, javascriptDefaults]) {
  defaults.setCompilerOptions(options)
  defaults.setEagerModelSync(true)
}

// TypeScript's and many tools' configuration files have comments, and are right to.
jsonDefaults.setDiagnosticsOptions({
  ...jsonDefaults.diagnosticsOptions,
  allowComments: true,
  comments: 'ignore',
})

/** Ambient words of bundled projects: `import.meta.env`, style and image imports. */
const AMBIENT = `
interface ImportMetaEnv { readonly [key: string]: string | boolean | undefined; readonly MODE: string; readonly BASE_URL: string; readonly PROD: boolean; readonly DEV: boolean }
interface ImportMeta { readonly env: ImportMetaEnv }
declare module "*.css" {}
declare module "*.scss" {}
declare module "*.module.css" { const classes: { readonly [name: string]: string }; export default classes }
declare module "*.svg" { const url: string; export default url }
declare module "*.png" { const url: string; export default url }
declare module "*.jpg" { const url: string; export default url }
declare module "*.webp" { const url: string; export default url }
`

/**
 * Gives the language service the types of the project's packages, by `file:///node_modules/…` address, and declarations
 * for those that have none.
 */
export function setPackageTypes(types: Readonly<Record<string, string>>, others: string): void {
  const libs = [
    { filePath: 'file:///tidemark-ambient.d.ts', content: AMBIENT },
    { filePath: 'file:///tidemark-untyped.d.ts', content: others },
    ...Object.entries(types).map(([filePath, content]) => ({ filePath, content })),
  ]
  typescriptDefaults.setExtraLibs(libs)
  javascriptDefaults.setExtraLibs(libs)
}

/** Until the types of the packages are here, a missing import says nothing about the person's code. */
export function setProblemsShown(shown: boolean): void {
  const quiet = { noSemanticValidation: !shown, noSyntaxValidation: false, noSuggestionDiagnostics: true }
  typescriptDefaults.setDiagnosticsOptions(quiet)
  javascriptDefaults.setDiagnosticsOptions({ ...quiet, noSemanticValidation: true })
}

/** Checks everything again: an import may be found now, or not any more. */
export function checkAgain(): void {
  for (const defaults of [typescriptDefaults, javascriptDefaults]) {
    defaults.setDiagnosticsOptions(defaults.getDiagnosticsOptions())
  }
}

/** Reads the theme's tokens again; call it when `data-theme` changes. */
export function applyTheme(): void {
  monaco.editor.defineTheme(THEME, monacoTheme(getComputedStyle(document.documentElement)))
  monaco.editor.setTheme(THEME)
}

/** Monaco keeps its models by address. `file:///` is what the language service resolves imports in. */
export function addressOf(path: string): monaco.Uri {
  return monaco.Uri.from({ scheme: 'file', path: `/${path}` })
}

export function pathOf(uri: monaco.Uri): string {
  return uri.path.replace(/^\//, '')
}

// The project's other sources for the language services, so that an import of a file that is not open is found.
import type { Buffers } from './buffers'
import { addressOf, checkAgain, monaco, pathOf } from './monaco'

const SOURCES = /\.([cm]?[jt]sx?|json)$/

export class Background {
  readonly #models = new Map<string, monaco.editor.ITextModel>()

  /** Brings the models in line with `texts`; files that are open have models of their own. */
  sync(texts: ReadonlyMap<string, string>, buffers: Buffers): void {
    let changed = false
    for (const [path, model] of this.#models) {
      if (model.isDisposed()) this.#models.delete(path)
      else if (!texts.has(path) || buffers.model(path)) {
        this.#drop(path, model)
        changed = true
      }
    }
    for (const [path, text] of texts) {
      if (!SOURCES.test(path) || buffers.model(path)) continue
      const model = this.#models.get(path)
      if (model) {
        if (model.getValue() !== text) {
          model.setValue(text)
          changed = true
        }
      } else if (!monaco.editor.getModel(addressOf(path))) {
        this.#models.set(path, monaco.editor.createModel(text, undefined, addressOf(path)))
        changed = true
      }
    }
    if (changed) checkAgain()
  }

  dispose(): void {
    for (const [path, model] of this.#models) this.#drop(path, model)
  }

  #drop(path: string, model: monaco.editor.ITextModel): void {
    this.#models.delete(path)
    if (!model.isDisposed() && pathOf(model.uri) === path && !model.isAttachedToEditor()) model.dispose()
  }
}

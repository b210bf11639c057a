// A project's files over the API, as the editor and the preview ask for them.
import type { Disk } from '../../features/editor/buffers'
import type { FileActs } from '../../features/files/file-tree'
import { api, take } from '../../server/client'
import { isProblem } from '../../server/problem'

export function diskOf(id: string): Disk {
  const at = (path: string) => ({ path: { id, path } })
  return {
    async read(path) {
      try {
        return await take(api.GET('/api/projects/{id}/files/{path}', { params: at(path) }))
      } catch (error) {
        if (isProblem(error, 'not_found')) return 'gone'
        throw error
      }
    },
    async write(path, content, hash) {
      const condition = hash === undefined ? { 'If-None-Match': '*' } : { 'If-Match': `"${hash}"` }
      try {
        return await take(
          api.PUT('/api/projects/{id}/files/{path}', {
            params: { ...at(path), header: condition },
            body: { content },
          }),
        )
      } catch (error) {
        if (isProblem(error, 'precondition_failed') || isProblem(error, 'precondition_required'))
          return 'stale'
        throw error
      }
    },
  }
}

/** Creating, moving and deleting, each refused by the server rather than guessed here. */
export function fileActs(id: string): FileActs {
  return {
    async createFile(path) {
      await take(
        api.PUT('/api/projects/{id}/files/{path}', {
          params: { path: { id, path }, header: { 'If-None-Match': '*' } },
          body: { content: '' },
        }),
      )
    },
    async createFolder(path) {
      await take(api.POST('/api/projects/{id}/folders', { params: { path: { id } }, body: { path } }))
    },
    async rename(from, to) {
      await take(
        api.POST('/api/projects/{id}/files/{path}/rename', {
          params: { path: { id, path: from } },
          body: { to },
        }),
      )
    },
    async remove(path) {
      const found = await take(
        api.GET('/api/projects/{id}/files/{path}', { params: { path: { id, path } } }),
      ).catch(() => undefined)
      await take(
        api.DELETE('/api/projects/{id}/files/{path}', {
          params: { path: { id, path }, header: found ? { 'If-Match': `"${found.hash}"` } : {} },
        }),
      )
    },
  }
}
